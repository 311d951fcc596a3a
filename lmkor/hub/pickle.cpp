// Opcodes: CPython's Lib/pickletools.py. What is called: torch/_utils.py and torch/serialization.py.
#include "lmkor/hub/pickle.h"

#include <cstring>
#include <optional>
#include <unordered_map>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::str;
using Kind = PickleValue::Kind;

namespace {

constexpr size_t kMaxValues = 1'000'000, kMaxSteps = 10'000'000;

enum class Callable { kOrderedDict, kTensorV2, kTensor, kParameter, kSize, kStorageType };
struct Global {
  std::string_view module, name;
  Callable what;
  std::string_view dtype;  // of kStorageType
};
constexpr Global kGlobals[] = {
    {"collections", "OrderedDict", Callable::kOrderedDict, ""},
    {"torch._utils", "_rebuild_tensor_v2", Callable::kTensorV2, ""},
    {"torch._utils", "_rebuild_tensor", Callable::kTensor, ""},
    {"torch._utils", "_rebuild_parameter", Callable::kParameter, ""},
    {"torch", "Size", Callable::kSize, ""},
    {"torch", "FloatStorage", Callable::kStorageType, "F32"},
    {"torch", "HalfStorage", Callable::kStorageType, "F16"},
    {"torch", "BFloat16Storage", Callable::kStorageType, "BF16"},
    {"torch", "DoubleStorage", Callable::kStorageType, "F64"},
    {"torch", "LongStorage", Callable::kStorageType, "I64"},
    {"torch", "IntStorage", Callable::kStorageType, "I32"},
    {"torch", "ShortStorage", Callable::kStorageType, "I16"},
    {"torch", "CharStorage", Callable::kStorageType, "I8"},
    {"torch", "ByteStorage", Callable::kStorageType, "U8"},
    {"torch", "BoolStorage", Callable::kStorageType, "BOOL"},
};

class Machine {
 public:
  Machine(std::string_view bytes, const fs::path& path) : bytes_(bytes), path_(path) {}

  // Returns what was read; rest() is what follows it.
  Pickle run() {
    for (size_t steps = 0; !step(take_byte()); ++steps) {
      if (steps == kMaxSteps) fail("it has more than 10,000,000 steps");
    }
    if (stack_.empty()) fail("it ends without a value");
    out_.root = stack_.back();
    return std::move(out_);
  }
  std::string_view rest() const { return bytes_.substr(at_); }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw base::Error(base::ErrorKind::kData, str(path_.string(), ": not a pickle of tensors: ", what));
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) fail(str("it is cut off at byte ", bytes_.size()));
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  uint8_t take_byte() { return number<uint8_t>(); }
  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) fail(str("it is cut off at byte ", bytes_.size()));
    const std::string_view out = take(end - at_);
    take(1);
    return out;
  }

  void push(PickleValue value) {
    if (out_.values.size() == kMaxValues) fail("it has more than 1,000,000 values");
    stack_.push_back(static_cast<uint32_t>(out_.values.size()));
    out_.values.push_back(std::move(value));
  }
  void push(Kind kind, int64_t value = 0) { push(PickleValue{.kind = kind, .number = value, .text = {}, .items = {}}); }
  void push_text(std::string_view text) {
    push(PickleValue{.kind = Kind::kString, .number = 0, .text = std::string(text), .items = {}});
  }
  void push_tuple(std::vector<uint32_t> items) {
    push(PickleValue{.kind = Kind::kTuple, .number = 0, .text = {}, .items = std::move(items)});
  }
  // Little-endian two's complement; those of more than 8 bytes are only compared.
  void push_long(std::string_view bytes) {
    if (bytes.size() > 8)
      return push(PickleValue{.kind = Kind::kBig, .number = 0, .text = std::string(bytes), .items = {}});
    uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push(Kind::kInt, static_cast<int64_t>(value));
  }

  uint32_t pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() == marks_.back())) fail("it takes from an empty stack");
    const uint32_t out = stack_.back();
    stack_.pop_back();
    return out;
  }
  std::vector<uint32_t> pop_to_mark() {
    if (marks_.empty()) fail("it lacks a mark");
    std::vector<uint32_t> out(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return out;
  }
  std::vector<uint32_t> pop_many(size_t count) {
    std::vector<uint32_t> out(count);
    while (count > 0) out[--count] = pop();
    return out;
  }
  PickleValue& top(Kind kind, const char* what) {
    const uint32_t place = pop();
    stack_.push_back(place);
    PickleValue& value = out_.values[place];
    if (value.kind != kind) fail(str("it adds to something that is no ", what));
    return value;
  }
  void add(Kind kind, const char* what, const std::vector<uint32_t>& items) {
    if (kind == Kind::kDict && items.size() % 2 != 0) fail("a key has no value");
    auto& held = top(kind, what).items;
    held.insert(held.end(), items.begin(), items.end());
  }

  void memoize(uint32_t place) {
    if (stack_.empty()) fail("it takes from an empty stack");
    memo_[place] = stack_.back();
  }
  void recall(uint32_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) fail("it uses a value that it never kept");
    stack_.push_back(found->second);
  }

  void global(std::string_view module, std::string_view name) {
    for (const Global& row : kGlobals) {
      if (row.module == module && row.name == name) return push(Kind::kGlobal, &row - kGlobals);
    }
    fail(str("it uses ", module, ".", name, ", which is not read: only tensors are, never code"));
  }
  const PickleValue& value_of(uint32_t place, Kind kind, const char* what) const {
    const PickleValue& value = out_.values[place];
    if (value.kind != kind) fail(str("expected ", what));
    return value;
  }
  std::vector<int64_t> numbers(uint32_t place) const {
    const PickleValue& value = value_of(place, Kind::kTuple, "a shape");
    std::vector<int64_t> out;
    for (const uint32_t item : value.items) out.push_back(value_of(item, Kind::kInt, "a size").number);
    return out;
  }

  void call() {
    const uint32_t arguments = pop(), callee = pop();
    const Global& global = kGlobals[value_of(callee, Kind::kGlobal, "a function").number];
    const std::vector<uint32_t> items = value_of(arguments, Kind::kTuple, "arguments").items;
    const auto need = [&](size_t count) {
      if (items.size() < count) fail(str(global.name, " has ", items.size(), " arguments, expected ", count));
    };
    switch (global.what) {
      case Callable::kOrderedDict: {
        push(Kind::kDict);
        if (items.empty()) return;
        for (const uint32_t pair : std::vector(value_of(items[0], Kind::kList, "a list of pairs").items)) {
          const PickleValue& held = out_.values[pair];
          if (held.items.size() != 2 || (held.kind != Kind::kList && held.kind != Kind::kTuple))
            fail("expected a pair");
          add(Kind::kDict, "dictionary", held.items);
        }
        return;
      }
      case Callable::kTensor:
      case Callable::kTensorV2:
        need(4);
        out_.tensors.push_back({.storage = static_cast<size_t>(value_of(items[0], Kind::kStorage, "a storage").number),
                                .offset = value_of(items[1], Kind::kInt, "an offset").number,
                                .shape = numbers(items[2]),
                                .stride = numbers(items[3])});
        return push(Kind::kTensor, static_cast<int64_t>(out_.tensors.size() - 1));
      case Callable::kParameter:
        need(1);
        value_of(items[0], Kind::kTensor, "a tensor");
        stack_.push_back(items[0]);
        return;
      case Callable::kSize:
        need(1);
        value_of(items[0], Kind::kTuple, "a shape");
        stack_.push_back(items[0]);
        return;
      case Callable::kStorageType:
        fail(str("it calls torch.", global.name));
    }
  }

  // ("storage", type, key, device, elements[, view])
  void storage() {
    const std::vector<uint32_t> items = value_of(pop(), Kind::kTuple, "a storage").items;
    if (items.size() < 5) fail(str("a storage has ", items.size(), " members, expected 5"));
    const Global& type = kGlobals[value_of(items[1], Kind::kGlobal, "the type of a storage").number];
    if (type.what != Callable::kStorageType) fail("expected the type of a storage");
    if (items.size() > 5 && out_.values[items[5]].kind != Kind::kNone) fail("it has a view of a storage");
    out_.storages.push_back({.key = value_of(items[2], Kind::kString, "the name of a storage").text,
                             .dtype = std::string(type.dtype),
                             .elements = value_of(items[4], Kind::kInt, "the size of a storage").number});
    push(Kind::kStorage, static_cast<int64_t>(out_.storages.size() - 1));
  }

  // Returns whether the pickle ends.
  bool step(uint8_t opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        if (take_byte() > 5) fail("its protocol is newer than 5");
        break;
      case 0x95:  // FRAME
        take(8);
        break;
      case '.':
        return true;
      case '(':
        if (marks_.size() == kMaxValues) fail("it has more than 1,000,000 marks");
        marks_.push_back(stack_.size());
        break;
      case 'N':
        push(Kind::kNone);
        break;
      case 0x88:
      case 0x89:
        push(Kind::kBool, opcode == 0x88);
        break;
      case 'J':
        push(Kind::kInt, number<int32_t>());
        break;
      case 'K':
        push(Kind::kInt, take_byte());
        break;
      case 'M':
        push(Kind::kInt, number<uint16_t>());
        break;
      case 0x8a:  // LONG1
        push_long(take(take_byte()));
        break;
      case 'G':
        take(8);  // big-endian; no float of a checkpoint is looked at
        push(Kind::kFloat);
        break;
      case 'X':
      case 'T':
        push_text(take(number<uint32_t>()));
        break;
      case 0x8c:
      case 'U':
        push_text(take(take_byte()));
        break;
      case '}':
        push(Kind::kDict);
        break;
      case ']':
        push(Kind::kList);
        break;
      case ')':
        push_tuple({});
        break;
      case 't':
        push_tuple(pop_to_mark());
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        push_tuple(pop_many(opcode - size_t{0x84}));
        break;
      case 's':
        add(Kind::kDict, "dictionary", pop_many(2));
        break;
      case 'u':
        add(Kind::kDict, "dictionary", pop_to_mark());
        break;
      case 'a':
        add(Kind::kList, "list", pop_many(1));
        break;
      case 'e':
        add(Kind::kList, "list", pop_to_mark());
        break;
      case 'q':
        memoize(take_byte());
        break;
      case 'r':
        memoize(number<uint32_t>());
        break;
      case 0x94:  // MEMOIZE
        memoize(static_cast<uint32_t>(memo_.size()));
        break;
      case 'h':
        recall(take_byte());
        break;
      case 'j':
        recall(number<uint32_t>());
        break;
      case 'c': {
        const std::string_view module = line();
        global(module, line());
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const std::vector<uint32_t> names = pop_many(2);
        const std::string module = value_of(names[0], Kind::kString, "a module").text;
        global(module, std::string(value_of(names[1], Kind::kString, "a name").text));
        break;
      }
      case 'R':
        call();
        break;
      case 'Q':
        storage();
        break;
      case 'b':  // BUILD: a state_dict's _metadata
        pop();
        top(Kind::kDict, "dictionary");
        break;
      default:
        fail(str("it has the instruction ", static_cast<int>(opcode), " at byte ", at_ - 1,
                 ", which is not read: only tensors are, never code"));
    }
    return false;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  const fs::path& path_;
  Pickle out_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, uint32_t> memo_;
};

// ---- writing

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, std::string_view text) {
  out += 'X';
  put(out, static_cast<uint32_t>(text.size()));
  out += text;
}

void put_int(std::string& out, int64_t value) {
  if (value >= 0 && value < 256) {
    out += 'K';
    put(out, static_cast<uint8_t>(value));
  } else if (value == static_cast<int32_t>(value)) {
    out += 'J';
    put(out, static_cast<int32_t>(value));
  } else {
    out += "\x8a\x08";
    put(out, value);
  }
}

void put_ints(std::string& out, const std::vector<int64_t>& values) {
  out += '(';
  for (const int64_t value : values) put_int(out, value);
  out += 't';
}

}  // namespace

Pickle unpickle(std::string_view& bytes, const fs::path& path) {
  Machine machine(bytes, path);
  Pickle out = machine.run();
  bytes = machine.rest();
  return out;
}

std::string pickle_tensors(const std::vector<TensorToPickle>& tensors, bool is_legacy, const fs::path& path) {
  std::string out =
      "\x80\x02"
      "ccollections\nOrderedDict\n)R(";
  for (const TensorToPickle& tensor : tensors) {
    const Global* type = nullptr;
    for (const Global& row : kGlobals) {
      if (!row.dtype.empty() && row.dtype == tensor.dtype) type = &row;
    }
    if (!type) {
      throw base::Error(base::ErrorKind::kIncompatible,
                        str(path.string(), ": tensor \"", tensor.name, "\": dtype ", tensor.dtype,
                            " has no place in this container; write safetensors"));
    }
    std::vector<int64_t> stride(tensor.shape.size());
    int64_t elements = 1;
    for (size_t d = stride.size(); d-- > 0; elements *= tensor.shape[d]) stride[d] = elements;
    put_text(out, tensor.name);
    out += "ctorch._utils\n_rebuild_tensor_v2\n((";
    put_text(out, "storage");
    out += str("ctorch\n", type->name, "\n");
    put_text(out, std::to_string(tensor.storage));
    put_text(out, "cpu");
    put_int(out, elements);
    if (is_legacy) out += 'N';
    out += "tQ";
    put_int(out, 0);
    put_ints(out, tensor.shape);
    put_ints(out, stride);
    out +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }
  return out + "u.";
}

}  // namespace lmkor::hub
