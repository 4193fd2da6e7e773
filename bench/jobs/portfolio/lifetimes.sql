-- title: COPY out, pandas, lifetimes (BG/NBD, gamma-gamma, a year's value), COPY in; the client's CPU only
-- answer: none
-- pipeline: yes
SELECT 1
