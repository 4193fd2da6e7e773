-- title: From stored histories
SELECT 1
