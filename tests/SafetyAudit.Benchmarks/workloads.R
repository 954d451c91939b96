# The workloads in base R, as a practised user would write them: vectorised wherever base R can be. Inputs are the same formulas as in Workloads.cs.
# Prints: workload, median seconds of three runs (one for W9), checksum.
options(digits = 15)
timed <- function(name, work, runs = 3, repeats = 1) {
  seconds <- numeric(runs)
  for (r in seq_len(runs)) seconds[r] <- system.time(for (again in seq_len(repeats)) sum <- work(), gcFirst = TRUE)[["elapsed"]] / repeats
  cat(name, median(seconds), sum, "\n", sep = ",")
}
mix <- function(i, m) (i * 7919) %% m

E <- 0.05 + mix(0:9999, 10000) / 10000 * 200
O <- mix(0:9999 * 3, 220)
timed("W1 funnel, 10,000 units, four exact limits and flags", function() {
  l998 <- qpois(0.001, E); l95 <- qpois(0.025, E); u95 <- qpois(0.975, E); u998 <- qpois(0.999, E)
  flag <- ifelse(O > u998, 2, ifelse(O > u95, 1, ifelse(O < l998, -2, ifelse(O < l95, -1, 0))))
  sum(l998) + sum(l95) + sum(u95) + sum(u998) + sum(flag)
})
timed("W1 exact curve, 100 points, four lines", function() {
  y <- 1:100
  sum(qgamma(0.001, y)) + sum(qgamma(0.025, y)) + sum(qgamma(0.025, y + 1, lower.tail = FALSE)) + sum(qgamma(0.001, y + 1, lower.tail = FALSE))
}, repeats = 100)

series <- 1000; points <- 60
N <- matrix(20 + mix(seq_len(series * points), 100), series, points, byrow = TRUE)
Y <- matrix(mix(seq_len(series * points) * 13, 7), series, points, byrow = TRUE)
timed("W2 u chart + Western Electric, 1,000 series of 60", function() {
  signals <- 0
  for (s in seq_len(series)) {
    n <- N[s, ]; y <- Y[s, ]; centre <- sum(y) / sum(n); z <- (y / n - centre) / sqrt(centre / n)
    lagged <- function(v, w) rowSums(embed(v, w))
    flag <- abs(z) > 3
    for (side in c(1, -1)) {
      two <- z * side > 2; one <- z * side > 1; on <- z * side > 0
      flag[3:points] <- flag[3:points] | (two[3:points] & lagged(two, 3) >= 2)
      flag[5:points] <- flag[5:points] | (one[5:points] & lagged(one, 5) >= 4)
      flag[8:points] <- flag[8:points] | lagged(on, 8) == 8
    }
    signals <- signals + sum(flag)
  }
  signals
})
timed("W2 u chart + Anhoj, 1,000 series of 60", function() {
  signals <- 0
  for (s in seq_len(series)) {
    n <- N[s, ]; y <- Y[s, ]; side <- sign(y / n - sum(y) / sum(n)); side <- side[side != 0]
    runs <- rle(side)$lengths; useful <- length(side)
    signals <- signals + (max(runs) > round(log2(useful)) + 3 || length(runs) - 1 < qbinom(0.05, useful - 1, 0.5))
  }
  signals
})

cases <- 1e6
event <- mix(0:(cases - 1), 100) < 5
risk <- 0.02 + mix(0:(cases - 1) * 17, 1000) / 1000 * 0.08
timed("W3 risk-adjusted CUSUM path, 1e6 cases", function() {
  w <- event * log(2) - log(1 - risk + 2 * risk)
  s <- numeric(cases); at <- 0
  for (i in seq_len(cases)) {
    at <- at + w[i]
    if (at < 0) at <- 0
    s[i] <- at
    if (at >= 4.5) at <- 0
  }
  sum(s)
})

counts <- mix(0:999999, 500)
exact <- function(y) sum(qgamma(0.025, y)) + sum(qgamma(0.025, y + 1, lower.tail = FALSE))
timed("W4 Poisson exact interval, 1e6, counts below 500", function() exact(counts))
different <- 1:1e6
timed("W4 Poisson exact interval, 1e6 different counts", function() exact(different))

n5 <- 20 + (0:999999) %% 480
x5 <- ((0:999999) * 31) %% (n5 + 1)
timed("W5 Clopper-Pearson, 1e6", function() {
  lower <- ifelse(x5 == 0, 0, qbeta(0.025, x5, n5 - x5 + 1))
  upper <- ifelse(x5 == n5, 1, qbeta(0.025, x5 + 1, n5 - x5, lower.tail = FALSE))
  sum(lower) + sum(upper)
})

timed("W6 mid-P Poisson, 1,000", function() {
  total <- 0
  for (y in 1:1000) {
    l <- uniroot(function(m) ppois(y, m, lower.tail = FALSE) + dpois(y, m) / 2 - 0.025, c(1e-9, y), tol = 1e-10)$root
    u <- uniroot(function(m) ppois(y - 1, m) + dpois(y, m) / 2 - 0.025, c(y, y + 5 * sqrt(y) + 10), tol = 1e-10)$root
    total <- total + l + u
  }
  total
})
timed("W6 mid-P binomial, 1,000", function() {
  total <- 0; n <- 2000
  for (x in 1:1000) {
    l <- uniroot(function(p) pbinom(x, n, p, lower.tail = FALSE) + dbinom(x, n, p) / 2 - 0.025, c(1e-12, x / n), tol = 1e-13)$root
    u <- uniroot(function(p) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2 - 0.025, c(x / n, 1 - 1e-12), tol = 1e-13)$root
    total <- total + l + u
  }
  total
})

timed("W7 one ARL, 600 states, paired rounding", function() {
  p <- 0.05; h <- 4.5; m <- 600; d <- h / m
  w <- c(log(2) - log(1 + p), -log(1 + p)); pr <- c(p, 1 - p)
  P <- matrix(0, m, m)
  for (k in 1:2) {
    at <- w[k] / d; low <- floor(at); share <- at - low
    for (part in 0:1) {
      q <- pr[k] * if (part == 0) 1 - share else share
      to <- pmax(0, 0:(m - 1) + low + part); ok <- to < m
      index <- cbind(seq_len(m)[ok], to[ok] + 1)
      P[index] <- P[index] + q
    }
  }
  solve(diag(m) - P, rep(1, m))[1]
})

E8 <- 0.5 + mix(1:10000, 997) / 100
O8 <- floor(E8 * (0.4 + mix(1:10000 * 7, 1009) / 800))
timed("W8 gamma-Poisson fit, 10,000 cells", function() {
  f <- function(par) -sum(dnbinom(O8, size = exp(par[1]), mu = exp(par[2]) * E8, log = TRUE))
  optim(c(1, 0), f, method = "BFGS", control = list(reltol = 1e-12))$value
})
timed("W8 two-gamma fit with EB05 and EB95, 10,000 cells", function() {
  f <- function(par) {
    a1 <- exp(par[1]); b1 <- exp(par[2]); a2 <- exp(par[3]); b2 <- exp(par[4]); p <- plogis(par[5])
    -sum(log(p * dnbinom(O8, size = a1, mu = a1 / b1 * E8) + (1 - p) * dnbinom(O8, size = a2, mu = a2 / b2 * E8)))
  }
  fit <- suppressWarnings(optim(c(log(2), log(1), log(8), log(9), 0), f, method = "BFGS"))
  a1 <- exp(fit$par[1]); b1 <- exp(fit$par[2]); a2 <- exp(fit$par[3]); b2 <- exp(fit$par[4]); p <- plogis(fit$par[5])
  d1 <- p * dnbinom(O8, size = a1, mu = a1 / b1 * E8); q <- d1 / (d1 + (1 - p) * dnbinom(O8, size = a2, mu = a2 / b2 * E8))
  quantile <- function(prob) {
    low <- rep(0, length(O8)); high <- rep(50, length(O8))
    for (i in 1:45) {
      middle <- (low + high) / 2
      above <- q * pgamma(middle, O8 + a1, E8 + b1) + (1 - q) * pgamma(middle, O8 + a2, E8 + b2) > prob
      high <- ifelse(above, middle, high); low <- ifelse(above, low, middle)
    }
    middle
  }
  if (sum(quantile(0.05)) + sum(quantile(0.95)) > 0) fit$value else 0
}, 1)

i9 <- 0:999999
X <- cbind(mix(i9, 100) / 50 - 1, mix(i9 * 3, 2), mix(i9 * 7, 10) / 10, mix(i9 * 11, 5) / 5)
y9 <- as.numeric(mix(i9 * 13, 997) / 997 < plogis(-2 + 0.5 * X[, 1] + 0.3 * X[, 2] - 0.4 * X[, 3]))
frame <- data.frame(y = y9, a = X[, 1], b = X[, 2], c = X[, 3], d = X[, 4])
timed("W9 logistic model, 1e6 cases, 4 factors", function() sum(coef(glm(y ~ a + b + c + d, binomial, frame))), 1)

p10 <- ((0:999999 * 7919 + 13) %% 1000003) / 1000003
timed("W10 Benjamini-Hochberg, 1e6", function() sum(p.adjust(p10, "BH")))

shape <- 2 + mix(0:999999, 400) / 10
mean11 <- 0.1 + mix(0:999999 * 3, 3000) / 100
y11 <- mix(0:999999 * 5, 40)
timed("W11 negative binomial tail and mass, 1e6", function() sum(pnbinom(y11 - 1, size = shape, mu = mean11, lower.tail = FALSE)) + sum(dnbinom(y11, size = shape, mu = mean11)))
