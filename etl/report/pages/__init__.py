"""Pages of the report: one for each workflow, job, test and failure."""
