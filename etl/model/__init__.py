"""Plain types that several stages share: records, results, points, evidence."""
