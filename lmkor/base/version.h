// Where this build comes from; the values are written by CMake into version.cpp.
#pragma once

namespace lmkor::base {

extern const char* const kVersion;
extern const char* const kCommit;
extern const char* const kCompiler;
extern const char* const kBuildType;

}  // namespace lmkor::base
