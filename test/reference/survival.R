# Reference numbers of survival curves, from R's package survival (Debian: r-cran-survival).
#
#   Rscript test/reference/survival.R    writes survival_*.csv beside itself
#
# The data: aml is the acute myelogenous leukemia study as printed in R. G. Miller, Survival Analysis (1981), p. 49; the others
# are simulated here with a fixed seed and rounded, so that there are ties.
library(survival)
folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
options(digits = 17)
RNGversion("4.0.0")
set.seed(20240229)

aml <- data.frame(
  set = "aml", entry = 0, weight = 1,
  time = c(9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45),
  event = c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1),
  grp = rep(1:2, c(11, 12)))

simulated <- function(name, n, groups, digits, weighted = FALSE, late = FALSE) {
  grp <- sample(groups, n, replace = TRUE)
  life <- rweibull(n, shape = 0.8, scale = 10 + 2 * grp)
  observed <- runif(n, 0, 30)
  time <- round(pmin(life, observed) + 10^-digits, digits)
  entry <- if (late) round(time * sample(c(0, 0.3, 0.7), n, replace = TRUE), digits) else 0
  entry <- pmin(entry, time - 10^-digits)
  if (late) entry <- pmax(entry, 0)
  weight <- if (weighted) sample(c(1, 2, 3, 0.5, 1.25), n, replace = TRUE) else 1
  data.frame(set = name, entry = if (late) round(entry, digits) else 0, weight = weight,
             time = time, event = as.integer(life <= observed), grp = grp)
}
data <- rbind(aml, simulated("weeks", 200, 3, 0), simulated("tenths", 300, 2, 1), simulated("weights", 150, 2, 0, weighted = TRUE),
              simulated("late", 250, 2, 0, late = TRUE), simulated("seven", 400, 7, 0))
write <- function(frame, name) {
  numbers <- sapply(frame, is.numeric)
  frame[numbers] <- lapply(frame[numbers], function(x) ifelse(is.na(x), "", sprintf("%.17g", x)))
  write.csv(frame, file.path(folder, name), row.names = FALSE, quote = FALSE)
}

curves <- quantiles <- means <- tests <- NULL
for (name in unique(data$set)) {
  d <- data[data$set == name, ]
  fit <- if (name == "late") survfit(Surv(entry, time, event) ~ 1, data = d, conf.type = "log-log") else
    survfit(Surv(time, event) ~ 1, data = d, weights = d$weight, robust = FALSE, conf.type = "log-log")
  s <- summary(fit, censored = TRUE)
  curves <- rbind(curves, data.frame(set = name, time = s$time, at_risk = s$n.risk, events = s$n.event, censored = s$n.censor,
                                     survival = s$surv, std_error = s$std.err, lower = s$lower, upper = s$upper, hazard = s$cumhaz))
  shares <- c(0.1, 0.25, 0.5, 0.6, 0.75)
  q <- quantile(fit, probs = shares)
  quantiles <- rbind(quantiles, data.frame(set = name, share = shares, time = q$quantile, lower = q$lower, upper = q$upper))
  for (tau in c(5, 17.5, max(d$time), 200)) {
    m <- survival:::survmean(fit, rmean = tau)$matrix
    means <- rbind(means, data.frame(set = name, tau = tau, mean = m[["rmean"]], std_error = m[["se(rmean)"]]))
  }
  if (name != "late" && name != "weights") {
    t <- survdiff(Surv(time, event) ~ grp, data = d)
    tests <- rbind(tests, data.frame(set = name, grp = seq_along(t$obs), observed = t$obs, expected = t$exp,
                                     chi_square = t$chisq, degrees = length(t$obs) - 1,
                                     p_value = pchisq(t$chisq, length(t$obs) - 1, lower.tail = FALSE)))
  }
}
write(data, "survival_data.csv")
write(curves, "survival_curve.csv")
write(quantiles, "survival_quantile.csv")
write(means, "survival_mean.csv")
write(tests, "survival_test.csv")
