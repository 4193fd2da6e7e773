-- title: a portfolio, all its views, fitted and refreshed; the value of every customer stored
-- answer: none
-- after: SELECT clv.drop_portfolio('clv_bench'); DROP TABLE clv_bench_value
SELECT clv.create_portfolio('clv_bench', '{orders}', 'customer', 'ordered_at', 'amount', zone => 'UTC', family => 'bg/nbd', discount_rate => 0.1, as_of => '2024-12-31');
CALL clv.refresh('clv_bench');
CREATE TABLE clv_bench_value AS SELECT customer, p_alive, expected_orders, residual_value FROM clv_bench.customer_value WITH NO DATA;
SELECT clv.portfolio_fill('clv_bench_value', 'SELECT customer, p_alive, expected_orders, residual_value FROM clv_bench.customer_value')
