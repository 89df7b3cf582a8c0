/// Report
