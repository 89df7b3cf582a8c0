// Tests of Transport follow file by file.
