// model_probe JOBS.json: loads networks, runs them on given inputs and writes what came out, for model_test.py to hold
// against Transformers. Many jobs in one process, since starting libtorch costs more than a tiny network does.
// A job is an object:
//   model    folder to load            inputs    safetensors: ids, types, cu_seqlens, and the labels of the head
//   outputs  safetensors to write: hidden, logits, pair_logits, loss, grad.<Hugging Face name>; the load report is in
//            its metadata, one name a line; "error" there instead if the job failed
//   head     head_name(); else what config.json's architecture says            labels     number of labels
//   compute  fp32 (default) or bf16                  export     folder to save the loaded network to
//   keep_mismatched_head                             generator  size: run a generator made for the network instead
// or has only `copy`, a safetensors file to read and write again as `outputs`.
#include <iostream>

#include <ATen/ATen.h>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/kernels/embedding.h"
#include "lmkor/model/network.h"
#include "lmkor/model/weights.h"

namespace lmkor::model {
namespace {

using base::Json;

at::Tensor read(const hub::SafetensorsFile& file, const char* name) {
  const hub::TensorView* view = file.find(name);
  if (!view) throw base::Error(base::ErrorKind::kData, base::str("the inputs lack ", name));
  at::Tensor out = at::empty(view->shape, view->dtype == "F32" ? at::kFloat : at::kLong);
  if (out.nbytes() != view->bytes.size()) throw base::Error(base::ErrorKind::kData, base::str(name, ": F32 or I64"));
  std::memcpy(out.data_ptr(), view->bytes.data(), view->bytes.size());
  return out;
}

std::vector<int32_t> read_ints(const hub::SafetensorsFile& file, const char* name) {
  const at::Tensor values = read(file, name).to(at::kInt);
  return {values.data_ptr<int32_t>(), values.data_ptr<int32_t>() + values.numel()};
}

using Outputs = std::vector<std::pair<std::string, at::Tensor>>;

at::Tensor masked_lm(const Network& network, const at::Tensor& hidden_ND, const hub::SafetensorsFile& inputs,
                     const Mode& mode, Outputs& outputs) {
  outputs.emplace_back("logits", masked_lm_logits(network, hidden_ND, mode));
  const at::Tensor labels_N = read(inputs, "labels");
  const at::Tensor index_M = labels_N.ge(0).nonzero().squeeze(1);
  return masked_lm_loss(network, kernels::gather_rows(hidden_ND, index_M), labels_N.index_select(0, index_M), mode)
      .loss;
}

// Start and end among the tokens of each sequence, the mean of both losses.
at::Tensor question_loss(const at::Tensor& logits_N2, const at::Tensor& starts_S2, const PackedInput& input) {
  at::Tensor sum = at::zeros({});
  for (int64_t s = 0; s < input.sequences(); ++s) {
    const int64_t begin = input.cu_seqlens_host[s], length = input.cu_seqlens_host[s + 1] - begin;
    sum = sum + at::cross_entropy_loss(logits_N2.narrow(0, begin, length).t(), starts_S2[s]);
  }
  return sum / input.sequences();
}

// Runs the head; returns the loss.
at::Tensor run_head(const Network& network, const at::Tensor& hidden_ND, const PackedInput& input,
                    const hub::SafetensorsFile& inputs, const Mode& mode, Outputs& outputs) {
  switch (network.head) {
    case Head::kNone:
      return (hidden_ND.to(at::kFloat) * read(inputs, "hidden_weights")).square().mean();
    case Head::kMaskedLm:
      return masked_lm(network, hidden_ND, inputs, mode, outputs);
    case Head::kPretraining: {
      const at::Tensor pair = pair_logits(network, hidden_ND, input, mode);
      outputs.emplace_back("pair_logits", pair);
      return masked_lm(network, hidden_ND, inputs, mode, outputs) +
             at::cross_entropy_loss(pair, read(inputs, "pair_labels"));
    }
    case Head::kReplacedToken: {
      const at::Tensor logits_N = replaced_token_logits(network, hidden_ND, mode);
      outputs.emplace_back("logits", logits_N);
      return at::binary_cross_entropy_with_logits(logits_N, read(inputs, "labels").to(at::kFloat));
    }
    case Head::kSequence: {
      const at::Tensor logits_SC = sequence_logits(network, hidden_ND, input, mode);
      outputs.emplace_back("logits", logits_SC);
      if (network.num_labels == 1) return at::mse_loss(logits_SC.squeeze(1), read(inputs, "labels"));
      return at::cross_entropy_loss(logits_SC, read(inputs, "labels"));
    }
    case Head::kTokens: {
      const at::Tensor logits_NC = token_logits(network, hidden_ND, mode);
      outputs.emplace_back("logits", logits_NC);
      return at::cross_entropy_loss(logits_NC, read(inputs, "labels"));
    }
    case Head::kQuestion: {
      const at::Tensor logits_N2 = question_logits(network, hidden_ND, mode);
      outputs.emplace_back("logits", logits_N2);
      return question_loss(logits_N2, read(inputs, "labels"), input);
    }
  }
  return {};
}

void write(const std::string& path, Outputs outputs, const hub::Metadata& metadata) {
  std::vector<hub::TensorView> views;
  for (auto& [name, tensor] : outputs) {
    tensor = tensor.detach().to(at::kFloat).contiguous();
    views.push_back({.name = name,
                     .dtype = "F32",
                     .shape = tensor.sizes().vec(),
                     .bytes = {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()}});
  }
  hub::write_safetensors(path, std::move(views), metadata);
}

Head head_of(const Json& job, const std::string& dir) {
  if (!job.contains("head")) return head_of_architecture(read_config(dir).family, read_config_extras(dir).architecture);
  for (const Head head : {Head::kNone, Head::kMaskedLm, Head::kPretraining, Head::kReplacedToken, Head::kSequence,
                          Head::kTokens, Head::kQuestion}) {
    if (job["head"] == head_name(head)) return head;
  }
  throw base::Error(base::ErrorKind::kUsage, base::str("no head ", job["head"].dump()));
}

void run(const Json& job) {
  if (job.contains("copy")) {
    const auto file = hub::SafetensorsFile::open(job["copy"].get<std::string>());
    return hub::write_safetensors(job.at("outputs").get<std::string>(), file.all(), file.metadata());
  }
  const std::string dir = job.at("model").get<std::string>();
  const int64_t labels = job.value("labels", static_cast<int64_t>(read_config_extras(dir).labels.size()));
  LoadedNetwork loaded = load_network(dir, head_of(job, dir), labels, /*seed=*/1,
                                      {.keep_mismatched_head = job.value("keep_mismatched_head", false)});
  Network network = loaded.network;
  if (job.contains("generator")) {
    network = make_generator(network.config, {.size = job["generator"].get<double>()}, loaded.network, /*seed=*/2);
  }
  if (job.contains("export")) save_pretrained(network, job["export"].get<std::string>());

  const auto inputs = hub::SafetensorsFile::open(job.at("inputs").get<std::string>());
  const PackedInput input =
      layers::make_packed(read_ints(inputs, "ids"), {}, read_ints(inputs, "types"), read_ints(inputs, "cu_seqlens"));
  const Mode mode = {.compute = job.value("compute", "fp32") == "bf16" ? at::kBFloat16 : at::kFloat};
  Outputs outputs;
  const at::Tensor hidden_ND = encode(network, input, mode);
  outputs.emplace_back("hidden", hidden_ND);
  const at::Tensor loss = run_head(network, hidden_ND, input, inputs, mode, outputs);
  outputs.emplace_back("loss", loss);
  loss.backward();
  for (const Parameter& parameter : parameters(network)) {
    if (!parameter.tensor.grad().defined()) continue;
    outputs.emplace_back("grad." + saved_name(network, parameter.name), parameter.tensor.grad());
  }
  write(job.at("outputs").get<std::string>(), outputs,
        {{"missing", base::join(loaded.report.missing, "\n")},
         {"unexpected", base::join(loaded.report.unexpected, "\n")},
         {"mismatched", base::join(loaded.report.mismatched, "\n")}});
}

}  // namespace
}  // namespace lmkor::model

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: model_probe JOBS.json\n";
    return 2;
  }
  for (const auto& job : lmkor::base::read_json(argv[1])) {
    try {
      lmkor::model::run(job);
    } catch (const std::exception& error) {
      lmkor::model::write(job.at("outputs").get<std::string>(), {}, {{"error", error.what()}});
    }
  }
}
