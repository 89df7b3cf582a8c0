// Tests of Report follow file by file.
