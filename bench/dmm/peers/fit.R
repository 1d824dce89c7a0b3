# SPDX-License-Identifier: Apache-2.0
# CPU seconds of R's DirichletMultinomial on one table: Rscript fit.R TABLE.csv K [K ...]
suppressPackageStartupMessages(library(DirichletMultinomial))
arguments <- commandArgs(TRUE)
counts <- as.matrix(read.csv(arguments[1], row.names = 1, check.names = FALSE))
counts <- counts[, colSums(counts) > 0, drop = FALSE]
storage.mode(counts) <- "integer"
before <- proc.time()
for (k in as.integer(arguments[-1])) fit <- dmn(counts, k, seed = 42)
used <- proc.time() - before
cat(sprintf('{"cpu_s": %.4f, "nle": %.6f}\n', used[["user.self"]] + used[["sys.self"]], goodnessOfFit(fit)[["NLE"]]))
