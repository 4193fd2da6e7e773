-- title: COPY out, pandas, lifetimes (BG/NBD, gamma-gamma, a year's value), COPY in; client and server, {server} s the server's
-- answer: none
-- pipeline: yes
SELECT 1
