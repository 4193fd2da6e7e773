-- title: floor: the histories read, their sizes added up
-- answer: none
SELECT sum(pg_column_size(history)) FROM {histories}
