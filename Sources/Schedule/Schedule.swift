/// Schedule
