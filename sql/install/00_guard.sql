/* clv: customer lifetime value, computed where the orders are */

-- Complain if the script is sourced in psql rather than run by CREATE EXTENSION.
\echo Use "CREATE EXTENSION clv" to load this file. \quit

-- Every function runs with the rights of its caller.
GRANT USAGE ON SCHEMA clv TO PUBLIC;

