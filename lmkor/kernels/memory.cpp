#include "lmkor/kernels/memory.h"

#include <climits>

#include <malloc.h>

namespace lmkor::kernels {

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace lmkor::kernels
