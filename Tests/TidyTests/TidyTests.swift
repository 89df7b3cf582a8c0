// Tests of Tidy follow file by file.
