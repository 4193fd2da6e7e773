-- title: floor: the stored histories read, their sizes added up
-- answer: none
SELECT sum(pg_column_size(history)) FROM clv_tracked.stored_history
