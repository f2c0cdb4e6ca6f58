/* Readers and writers of SenML in C++17. */
#ifndef M2M_SENML_HPP
#define M2M_SENML_HPP

#include "common.hpp"

namespace m2m {

namespace senml {

/// Reads a pack record by record. It stays where it is made, and the pack as long as it is read.
class Reader {
public:
    explicit Reader(Bytes pack, std::int32_t format = M2M_SENML_JSON,
                    std::int32_t rules = M2M_SENML_RFC8428) noexcept
        : result_(m2m_senml_reader_init(&reader_, format, rules, pack.data, pack.size)) {}
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    /// The next record; nothing at the end of the pack, or where it is wrong: result() says which.
    std::optional<m2m_senml_item> next() noexcept {
        m2m_senml_item item{};
        if (result_) result_ = m2m_senml_reader_next(&reader_, &item);
        if (result_ != M2M_OK) return std::nullopt;
        return item;
    }
    /// M2M_NOTHING at the end of a good pack.
    Result result() const noexcept { return result_; }
    /// One of enum m2m_senml_error, and where.
    Value<Fault> fault() const noexcept {
        return detail::fault_of(m2m_senml_reader_error, &reader_);
    }

    /// A text of the record that was read last: one of enum m2m_senml_text.
    template <std::size_t N>
    Value<std::string_view> text(std::int32_t which, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_senml_reader_text, &reader_, which);
    }
    template <std::size_t N>
    Value<Bytes> data(std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_senml_reader_data, &reader_);
    }

private:
    m2m_senml_reader reader_{};
    Result result_;
};

/// Reads a pack, or a stream without an end, while its bytes arrive. It stays where it is made.
/// `RecordSize` bytes hold a record that comes in pieces, `BasesSize` the base fields.
template <std::size_t RecordSize = 256, std::size_t BasesSize = 128>
class Stream {
public:
    explicit Stream(std::int32_t format = M2M_SENML_JSON,
                    std::int32_t rules = M2M_SENML_RFC8428) noexcept
        : result_(m2m_senml_stream_init(&stream_, format, rules, record_.data(), RecordSize,
                                        bases_.data(), BasesSize)) {}
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;

    /// The next record that ends in `bytes`, of which those that it took go; nothing when all are
    /// gone, or something is wrong: result() says which.
    std::optional<m2m_senml_item> read(Bytes &bytes) noexcept {
        m2m_senml_item item{};
        std::size_t used = 0;
        if (result_)
            result_ = m2m_senml_stream_read(&stream_, bytes.data, bytes.size, &used, &item);
        bytes = Bytes{bytes.data + used, bytes.size - used};
        if (result_ != M2M_OK) return std::nullopt;
        return item;
    }
    /// M2M_NOTHING as long as nothing is wrong.
    Result result() const noexcept { return result_; }
    /// One of enum m2m_senml_error, in which record, and where in the stream.
    struct Fault {
        std::int32_t kind = 0;
        std::uint64_t record = 0;
        std::uint64_t offset = 0;
    };
    Value<Fault> fault() const noexcept {
        return detail::value_of<Fault>([&](Fault *to) {
            return m2m_senml_stream_error(&stream_, &to->kind, &to->record, &to->offset);
        });
    }
    /// No more bytes come: true if the pack is at its end, false between two records.
    Value<bool> finish() noexcept {
        std::int32_t closed = 0;
        const Result result = m2m_senml_stream_finish(&stream_, &closed);
        if (result == M2M_OK) return closed != 0;
        return result;
    }

    /// A text of the record that was read last: one of enum m2m_senml_text.
    template <std::size_t N>
    Value<std::string_view> text(std::int32_t which, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_senml_stream_text, &stream_, which);
    }
    template <std::size_t N>
    Value<Bytes> data(std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_senml_stream_data, &stream_);
    }

private:
    std::array<std::uint8_t, RecordSize> record_{};
    std::array<std::uint8_t, BasesSize> bases_{};
    m2m_senml_stream stream_{};
    Result result_;
};

/// A record to write, all zero.
struct Record : m2m_senml_record {
    Record() noexcept : m2m_senml_record{} { struct_size = sizeof(m2m_senml_record); }
};

/// Writes a pack record by record into `room`. It stays where it is made.
class Writer : detail::Writing<m2m_senml_writer> {
public:
    template <std::size_t N>
    explicit Writer(std::array<std::uint8_t, N> &room, std::int32_t format = M2M_SENML_JSON,
                    std::uint32_t count = 0) noexcept
        : Writing(room, [&](auto *writer, std::uint8_t *buf, std::size_t cap) {
              return m2m_senml_writer_init(writer, format, count, buf, cap);
          }) {}

    Result record(const Record &record) noexcept { return call(m2m_senml_writer_record, &record); }
    /// Decimal fractions in CBOR as what they are.
    Result set_exact(bool exact) noexcept { return call(m2m_senml_writer_set_exact, exact); }
    /// What was written since the last call: the next record overwrites it.
    Value<Bytes> take() noexcept { return written(m2m_senml_writer_take); }
    /// Ends the pack, and gives it, or what was not taken of it.
    Value<Bytes> finish() noexcept { return written(m2m_senml_writer_finish); }
};

/// What a fetch pack selects of a pack, written into `room` (RFC 8790).
template <std::size_t N>
Value<Bytes> fetch(std::int32_t format, Bytes pack, Bytes wanted,
                   std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_senml_fetch, format, pack.data, pack.size, wanted.data,
        wanted.size);
}

/// A pack as a patch pack leaves it, written into `room` (RFC 8790).
template <std::size_t N>
Value<Bytes> patch(std::int32_t format, Bytes pack, Bytes changes,
                   std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_senml_patch, format, pack.data, pack.size, changes.data,
        changes.size);
}

/// A pack in a format of one's choice, with base fields if it has none.
template <std::size_t N>
Value<Bytes> compact(std::int32_t from, Bytes pack, std::int32_t to,
                     std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_senml_compact, from, pack.data, pack.size, to);
}

/// Whether a pack of this version may use a unit.
inline bool unit_allowed(const char *unit, std::uint64_t version = 10) noexcept {
    return m2m_senml_unit_allowed(unit, version) == M2M_OK;
}

/// What is wrong, in English, of one of enum m2m_senml_error.
inline const char *error_text(std::int32_t error) noexcept { return m2m_senml_error_text(error); }

/// A media type of SenML: of its name, of the ends of names of files, of its content format in CoAP, or of one of enum
/// m2m_senml_document in one of enum m2m_senml_format. And back.
inline Value<m2m_senml_media_type> media_type_of(const char *name) noexcept {
    return detail::got<m2m_senml_media_type>(m2m_senml_media_type_of, name);
}
inline Value<m2m_senml_media_type> media_type_of_extension(const char *extension) noexcept {
    return detail::got<m2m_senml_media_type>(m2m_senml_media_type_of_extension, extension);
}
inline Value<m2m_senml_media_type> media_type_at(std::int32_t content_format) noexcept {
    return detail::got<m2m_senml_media_type>(m2m_senml_media_type_at, content_format);
}
inline Value<m2m_senml_media_type> media_type_for(std::int32_t document,
                                                  std::int32_t format) noexcept {
    return detail::got<m2m_senml_media_type>(m2m_senml_media_type_for, document, format);
}
template <std::size_t N>
Value<std::string_view> media_type_name(std::int32_t content_format,
                                        std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_senml_media_type_name, content_format);
}
template <std::size_t N>
Value<std::string_view> media_type_extension(std::int32_t content_format,
                                             std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_senml_media_type_extension, content_format);
}
/// What the data of a record are; what it points to lies in `text`.
inline Value<m2m_senml_data_format> data_format(const char *text) noexcept {
    return detail::got<m2m_senml_data_format>(m2m_senml_data_format_read, text);
}

/// A number of one registered unit in another.
inline Value<m2m_number> convert(m2m_number value, const char *from, const char *to) noexcept {
    return detail::value_of<m2m_number>(
        [&](auto *out) { return m2m_senml_convert(value, from, to, out); });
}

}  // namespace senml

}  // namespace m2m

#endif
