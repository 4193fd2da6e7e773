-- title: Reading the views of a portfolio
SELECT 1
