// Tests of Engine follow file by file.
