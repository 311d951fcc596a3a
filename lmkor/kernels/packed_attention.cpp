#include "lmkor/kernels/packed_attention.h"
