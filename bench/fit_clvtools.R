# A fit by CLVTools, for measure.pl; prints what it wants to know, as JSON:
#
#   fit_clvtools.R FAMILY SQL     seconds of wall and CPU, MB, log-likelihood per customer of its parameters, by clv
#
# The query gives customer, day and amount of every purchase day. CLVTools fits in weeks, which suit its start values: alpha and beta
# over days are seven times as large. Where the search fails, or clv knows no such model, the answer is "failed".
# Neither reading the query nor clvdata(), which makes CLVTools' table of purchases, is measured, nor the statistics that
# every fit makes of that table again: what they take by themselves is subtracted.
Sys.setenv(TZ = "UTC")
suppressMessages({
  library(CLVTools)
  library(data.table)
})
arguments <- commandArgs(TRUE)
family <- arguments[1]
query <- arguments[2]
setDTthreads(1)

ask <- function(query) fread(cmd = paste("psql -XqAtc", shQuote(sprintf("COPY (%s) TO STDOUT CSV HEADER", query))))
purchases <- suppressMessages(clvdata(ask(query), date.format = "ymd", time.unit = "weeks", data.end = "2024-12-31",
                                      name.id = "customer", name.date = "day", name.price = "amount"))
fit <- switch(family, "bg/nbd" = bgnbd, "pareto/nbd" = pnbd, "gamma-gamma" = gg)
statistics <- switch(family,
  "bg/nbd" = CLVTools:::bgnbd_cbs, "pareto/nbd" = CLVTools:::pnbd_cbs,
  "gamma-gamma" = function(data) CLVTools:::gg_cbs(data, remove.first.transaction = TRUE))

before <- system.time(statistics(purchases))
took <- system.time(model <- fit(purchases, verbose = FALSE)) - before
peak <- as.numeric(gsub("\\D", "", grep("^VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024

answer <- "failed"
found <- coef(model)
if (!anyNA(found)) {
  weeks <- names(found) %in% c("alpha", "beta")
  found[weeks] <- found[weeks] * 7
  text <- sprintf("%s(%s)", family, paste(sprintf("%s=%.15g", names(found), found), collapse = ", "))
  given <- if (family == "gamma-gamma") "frequency, spend" else "frequency, t_x, age"
  likelihood <- ask(sprintf("SELECT round(avg(clv.log_likelihood('%s'::clv.model, %s))::numeric, 4) AS answer FROM (
    SELECT count(*) - 1 AS frequency, max(day) - min(day) AS t_x, date '2024-12-31' - min(day) AS age,
      ((sum(amount) - (array_agg(amount ORDER BY day))[1]) / nullif(count(*) - 1, 0))::float8 AS spend
    FROM (%s) days GROUP BY customer) statistics %s",
    text, given, query, if (family == "gamma-gamma") "WHERE frequency > 0 AND spend > 0" else ""))$answer
  if (length(likelihood) == 1 && !is.na(likelihood)) answer <- sprintf("%.4f", likelihood)
}
cat(sprintf('{"runs":[[%.3f,%.3f]],"peak":%.1f,"answer":"%s"}\n', took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], peak, answer))
