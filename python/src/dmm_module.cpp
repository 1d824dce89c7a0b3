// SPDX-License-Identifier: Apache-2.0
// twillhpc._core.dmm: count tables and fits, as thin as can be. Validation with words for Python users is in
// Python.
#include "interruptible.hpp"
#include "parts.hpp"
#include "runtime.hpp"
#include "twill/dmm.hpp"
#include "twill/dmm/ranks.hpp"
#include "twill/hybrid.hpp"

#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace py = pybind11;

namespace twill::python {
namespace {

template <class T>
using array_of = py::array_t<T, py::array::c_style>;

template <class T>
std::span<const T> view(const array_of<T>& a) {
  return {a.data(), static_cast<std::size_t>(a.size())};
}

// An array that owns a moved vector: no copy.
py::array as_array(std::vector<double>&& values, std::vector<py::ssize_t> shape) {
  auto* owned = new std::vector<double>(std::move(values));
  py::capsule keep(owned, [](void* p) { delete static_cast<std::vector<double>*>(p); });
  return py::array_t<double>(std::move(shape), owned->data(), keep);
}

// make(stop) without the interpreter's lock; when there is much to do, so that Ctrl-C ends it.
template <class Make>
dmm::count_table table_of(py::ssize_t cells, int threads, const Make& make) {
  constexpr py::ssize_t much = 1'000'000;
  if (cells < much) {
    const runtime_use here(threads);
    const py::gil_scoped_release released;
    return make(std::stop_token{});
  }
  std::optional<dmm::count_table> out;
  dmm::fit_options with;
  with.threads = threads;
  run_interruptible(with, py::none(), [&](const dmm::fit_options& o) { out = make(o.stop); });
  return std::move(*out);
}

template <class T>
dmm::count_table from_dense(const array_of<T>& counts, bool keep_zero_rows, int threads) {
  if (counts.ndim() != 2) throw py::value_error("Input array must be 2-dimensional");
  return table_of(counts.size(), threads, [&](std::stop_token stop) {
    return dmm::count_table::from_dense(
        view(counts), static_cast<std::size_t>(counts.shape(0)), static_cast<std::size_t>(counts.shape(1)),
        keep_zero_rows ? dmm::zero_rows::keep : dmm::zero_rows::refuse, threads, std::move(stop));
  });
}

template <class T>
dmm::count_table from_csr(std::size_t n, std::size_t s, const array_of<std::int64_t>& indptr,
                          const array_of<std::int32_t>& indices, const array_of<T>& values,
                          bool keep_zero_rows, int threads) {
  return table_of(values.size(), threads, [&](std::stop_token stop) {
    return dmm::count_table::from_csr(n, s, view(indptr), view(indices), view(values),
                                      keep_zero_rows ? dmm::zero_rows::keep : dmm::zero_rows::refuse, threads,
                                      std::move(stop));
  });
}

template <class T>
T take(const py::dict& from, const char* key, T otherwise) {
  return from.contains(key) ? from[key].cast<T>() : otherwise;
}

dmm::fit_options options_of(const py::dict& d) {
  dmm::fit_options o;
  o.components = take(d, "components", o.components);
  o.seed = take(d, "seed", o.seed);
  o.starts = take(d, "starts", o.starts);
  o.eta = take(d, "eta", o.eta);
  o.nu = take(d, "nu", o.nu);
  o.em.tol = take(d, "tol", o.em.tol);
  o.em.relative = take(d, "relative_tol", o.em.relative);
  o.em.max_iter = take(d, "max_iter", o.em.max_iter);
  o.hessian = take<bool>(d, "peer_hessian", false) ? dmm::hessian_mode::peer : dmm::hessian_mode::exact;
  o.sort = take(d, "sort", o.sort);
  o.final_e_step = take(d, "final_e_step", o.final_e_step);
  o.threads = take(d, "threads", o.threads);
  if (take<bool>(d, "random_start", false)) o.init = dmm::start_method::random;
  o.from.weights = take(d, "start_weights", o.from.weights);
  o.from.alpha = take(d, "start_alpha", o.from.alpha);
  return o;
}

py::dict as_dict(dmm::mixture_fit&& f) {
  const auto k = static_cast<py::ssize_t>(f.components);
  const auto s = static_cast<py::ssize_t>(f.taxa);
  py::dict d;
  d["components"] = f.components;
  d["samples"] = f.samples;
  d["taxa"] = f.taxa;
  d["eta"] = f.eta;
  d["nu"] = f.nu;
  d["nle"] = f.nle;
  d["log_likelihood"] = f.log_likelihood;
  d["log_det"] = f.log_det;
  d["log_det_symmetric"] = f.log_det_symmetric;
  d["laplace"] = f.laplace;
  d["laplace_symmetric"] = f.laplace_symmetric;
  d["bic"] = f.bic;
  d["aic"] = f.aic;
  d["iterations"] = f.diag.em_iterations;
  d["converged"] = f.diag.converged;
  d["cancelled"] = f.diag.cancelled;
  d["reseeded"] = f.diag.reseeded;
  d["singular"] = f.diag.singular;
  d["start"] = f.diag.start;
  d["nle_trace"] = f.diag.nle_trace;
  d["gradient"] = f.diag.gradient;
  d["group"] = as_array(std::move(f.group), {static_cast<py::ssize_t>(f.samples), k});
  d["weights"] = as_array(std::move(f.weights), {k});
  d["alpha"] = as_array(std::move(f.alpha), {k, s});
  d["lower"] = as_array(std::move(f.lower), {k, s});
  d["upper"] = as_array(std::move(f.upper), {k, s});
  return d;
}

// Weights and alpha are all that prediction needs.
dmm::mixture_fit model_of(const array_of<double>& weights, const array_of<double>& alpha, double eta,
                          double nu) {
  if (alpha.ndim() != 2 || weights.ndim() != 1 || alpha.shape(0) != weights.shape(0))
    throw py::value_error("alpha must be K x S and weights K");
  dmm::mixture_fit m;
  m.components = static_cast<int>(weights.shape(0));
  m.taxa = static_cast<std::size_t>(alpha.shape(1));
  m.eta = eta;
  m.nu = nu;
  m.weights.assign(weights.data(), weights.data() + weights.size());
  m.alpha.assign(alpha.data(), alpha.data() + alpha.size());
  return m;
}

py::dict fit(const dmm::count_table& counts, const py::dict& options, const py::object& told) {
  dmm::mixture_fit out;
  run_interruptible(options_of(options), told, [&](const dmm::fit_options& o) { out = dmm::fit(counts, o); });
  return as_dict(std::move(out));
}

py::tuple as_tuple(dmm::sweep&& out) {
  if (out.out_of_time &&
      PyErr_WarnEx(PyExc_RuntimeWarning, "little time is left of the job: some runs of the sweep are missing",
                   2) != 0)
    throw py::error_already_set();
  py::list fits;
  for (dmm::mixture_fit& f : out.fits) fits.append(as_dict(std::move(f)));
  py::list runs;
  for (const dmm::sweep_run& r : out.runs) {
    py::dict d;
    d["K"] = r.components;
    d["start"] = r.start;
    d["nle"] = r.nle;
    d["laplace"] = r.laplace_symmetric;
    d["laplace_holmes"] = r.laplace;
    d["bic"] = r.bic;
    d["aic"] = r.aic;
    d["log_det"] = r.log_det;
    d["n_iter"] = r.iterations;
    d["converged"] = r.converged;
    d["seconds"] = r.seconds;
    runs.append(d);
  }
  return py::make_tuple(fits, runs);
}

py::tuple fit_range(const dmm::count_table& counts, const std::vector<int>& ks, const py::dict& options,
                    const std::string& checkpoint, const py::object& told) {
  dmm::sweep out;
  run_interruptible(options_of(options), told, [&](const dmm::fit_options& o) {
    out = dmm::fit_range(counts, ks, dmm::sweep_options{.fit = o, .checkpoint = checkpoint});
  });
  return as_tuple(std::move(out));
}

// The same over the ranks of the job that the program joined, whose handlers of signals are in force: Ctrl-C
// ends all ranks after the same runs.
py::tuple fit_range_over_ranks(const dmm::count_table& counts, const std::vector<int>& ks,
                               const py::dict& options, const std::string& checkpoint) {
  hybrid::runtime& job = asked_runtime();
  const dmm::sweep_options with{.fit = options_of(options), .checkpoint = checkpoint};
  dmm::sweep out;
  {
    const runtime_use here(with.fit.threads);
    const py::gil_scoped_release released;
    out = dmm::fit_range(counts, ks, job.world(), with);
  }
  if (out.cancelled && !out.out_of_time) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw py::error_already_set();
  }
  return as_tuple(std::move(out));
}

// `what`: posterior, log_evidence (N x K) or log_likelihood (N).
py::array evaluate(const std::string& what, const array_of<double>& weights, const array_of<double>& alpha,
                   const dmm::count_table& counts, int threads) {
  const dmm::mixture_fit m = model_of(weights, alpha, 0.1, 0.1);
  const auto n = static_cast<py::ssize_t>(counts.samples());
  const bool rows = what == "log_likelihood";
  std::vector<double> out(counts.samples() * (rows ? 1 : static_cast<std::size_t>(m.components)));
  {
    const runtime_use here(threads);
    const py::gil_scoped_release released;
    if (rows) {
      dmm::log_likelihood(m, counts, out, threads);
    } else if (what == "posterior") {
      dmm::posterior(m, counts, out, threads);
    } else {
      dmm::log_evidence(m, counts, out, threads);
    }
  }
  if (rows) return as_array(std::move(out), {n});
  return as_array(std::move(out), {n, static_cast<py::ssize_t>(m.components)});
}

double negative_log_posterior(const array_of<double>& weights, const array_of<double>& alpha, double eta,
                              double nu, const dmm::count_table& counts, int threads) {
  const dmm::mixture_fit m = model_of(weights, alpha, eta, nu);
  const runtime_use here(threads);
  const py::gil_scoped_release released;
  return dmm::negative_log_posterior(m, counts, threads);
}

py::tuple simulate(const array_of<double>& weights, const array_of<double>& alpha,
                   const array_of<std::int64_t>& depth, std::uint64_t seed, int threads) {
  const dmm::mixture_fit m = model_of(weights, alpha, 0.1, 0.1);
  dmm::simulated out;
  {
    const runtime_use here(threads);
    const py::gil_scoped_release released;
    out = dmm::simulate(m, view(depth), seed, threads);
  }
  array_of<std::int64_t> counts({static_cast<py::ssize_t>(depth.size()), static_cast<py::ssize_t>(m.taxa)});
  std::copy(out.counts.begin(), out.counts.end(), counts.mutable_data());
  return py::make_tuple(
      counts, py::array_t<int>(static_cast<py::ssize_t>(out.component.size()), out.component.data()));
}

}  // namespace

void bind_dmm(py::module_& m) {
  m.doc() = "Count tables and Dirichlet-multinomial fits; see twillhpc.dmm and pydmm.";
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const dmm::error& e) {
      PyErr_SetString(PyExc_ValueError, e.what());
    }
  });
  py::class_<dmm::count_table>(m, "CountTable", "Counts of taxa in samples, stored once for every fit.")
      .def_property_readonly("samples", &dmm::count_table::samples)
      .def_property_readonly("taxa", &dmm::count_table::taxa)
      .def_property_readonly("nonzeros", &dmm::count_table::nonzeros)
      .def_property_readonly("buckets", &dmm::count_table::buckets);
  m.def("from_dense", &from_dense<std::int32_t>, py::arg("counts").noconvert(),
        py::arg("keep_zero_rows") = false, py::arg("threads") = 0);
  m.def("from_dense", &from_dense<std::int64_t>, py::arg("counts").noconvert(),
        py::arg("keep_zero_rows") = false, py::arg("threads") = 0);
  m.def("from_dense", &from_dense<double>, py::arg("counts").noconvert(), py::arg("keep_zero_rows") = false,
        py::arg("threads") = 0);
  m.def("from_csr", &from_csr<std::int64_t>, py::arg("n"), py::arg("s"), py::arg("indptr"),
        py::arg("indices"), py::arg("values").noconvert(), py::arg("keep_zero_rows") = false,
        py::arg("threads") = 0);
  m.def("from_csr", &from_csr<double>, py::arg("n"), py::arg("s"), py::arg("indptr"), py::arg("indices"),
        py::arg("values").noconvert(), py::arg("keep_zero_rows") = false, py::arg("threads") = 0);
  m.def("fit", &fit, py::arg("counts"), py::arg("options"), py::arg("told") = py::none());
  m.def("fit_range", &fit_range, py::arg("counts"), py::arg("ks"), py::arg("options"),
        py::arg("checkpoint") = "", py::arg("told") = py::none());
  m.def("fit_range_over_ranks", &fit_range_over_ranks, py::arg("counts"), py::arg("ks"), py::arg("options"),
        py::arg("checkpoint") = "");
  m.def("evaluate", &evaluate, py::arg("what"), py::arg("weights"), py::arg("alpha"), py::arg("counts"),
        py::arg("threads") = 0);
  m.def("negative_log_posterior", &negative_log_posterior, py::arg("weights"), py::arg("alpha"),
        py::arg("eta"), py::arg("nu"), py::arg("counts"), py::arg("threads") = 0);
  m.def("simulate", &simulate, py::arg("weights"), py::arg("alpha"), py::arg("depth"), py::arg("seed"),
        py::arg("threads") = 0);
}

}  // namespace twill::python
