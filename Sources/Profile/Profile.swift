/// Profile
