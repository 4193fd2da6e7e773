# A fit by CLVTools, for measure.pl; prints what it wants to know, as JSON:
#
#   fit_clvtools.R FAMILY SQL     seconds of wall and CPU, MB, log-likelihood per customer by CLVTools itself
#
# The query gives customer, day and amount of every purchase day. CLVTools fits in weeks, which suit its start values. A density
# over days is one over weeks divided by seven for every repeat purchase: that is the constant between the two likelihoods.
# Neither reading the query nor clvdata(), which makes CLVTools' table of purchases, is measured, nor the statistics that
# every fit makes of that table again: what they take by themselves is subtracted.
Sys.setenv(TZ = "UTC")
suppressMessages({
  library(CLVTools)
  library(data.table)
})
arguments <- commandArgs(TRUE)
family <- arguments[1]
setDTthreads(1)

days <- fread(cmd = paste("psql -XqAtc", shQuote(sprintf("COPY (%s) TO STDOUT CSV HEADER", arguments[2]))))
purchases <- suppressMessages(clvdata(days, date.format = "ymd", time.unit = "weeks", data.end = "2024-12-31",
                                      name.id = "customer", name.date = "day", name.price = "amount"))
fit <- switch(family, "bg/nbd" = bgnbd, "pareto/nbd" = pnbd, "gamma-gamma" = gg)
statistics <- switch(family,
  "bg/nbd" = CLVTools:::bgnbd_cbs, "pareto/nbd" = CLVTools:::pnbd_cbs,
  "gamma-gamma" = function(data) CLVTools:::gg_cbs(data, remove.first.transaction = TRUE))

before <- system.time(base <- statistics(purchases))
took <- system.time(model <- fit(purchases, verbose = FALSE)) - before
peak <- as.numeric(gsub("\\D", "", grep("^VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
likelihood <- as.numeric(logLik(model))
mean <- if (family == "gamma-gamma") likelihood / sum(base$x > 0) else (likelihood - sum(base$x) * log(7)) / nrow(base)
cat(sprintf('{"runs":[[%.3f,%.3f]],"peak":%.1f,"answer":"%.4f"}\n', took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], peak, mean))
