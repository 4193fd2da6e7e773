-- title: After one order in a thousand has changed
SELECT 1
