/// Store
