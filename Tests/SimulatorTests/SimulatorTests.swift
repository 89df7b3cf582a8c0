// Tests of Simulator follow file by file.
