#include "lmkor/base/hash.h"

#include <openssl/evp.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"

namespace lmkor::base {

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) { EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr); }
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, digest, &size);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out.push_back(kDigits[digest[i] >> 4]);
    out.push_back(kDigits[digest[i] & 15]);
  }
  return out;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  constexpr size_t kStep = size_t{1} << 24;  // a hundredth of a second
  const MappedFile file(path);
  Sha256 hash;
  for (size_t at = 0; at < file.bytes().size(); at += kStep) {
    check_interrupt();
    const std::string_view step = file.bytes().substr(at, kStep);
    hash.add(step);
    // pages that were read are not counted as this process's memory any longer
    ::madvise(const_cast<char*>(step.data()), step.size(), MADV_DONTNEED);
  }
  return hash.hex();
}

}  // namespace lmkor::base
