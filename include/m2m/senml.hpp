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

    /// A text of the record that was read last: one of enum m2m_senml_text.
    template <std::size_t N>
    Value<std::string_view> text(std::int32_t which, std::array<char, N> &room) const noexcept {
        return detail::text_of(room, [&](char *buf, std::size_t cap, std::size_t *len) {
            return m2m_senml_reader_text(&reader_, which, buf, cap, len);
        });
    }
    template <std::size_t N>
    Value<Bytes> data(std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes_of(room, [&](std::uint8_t *buf, std::size_t cap, std::size_t *len) {
            return m2m_senml_reader_data(&reader_, buf, cap, len);
        });
    }

private:
    m2m_senml_reader reader_{};
    Result result_;
};

/// A record to write, all zero.
struct Record : m2m_senml_record {
    Record() noexcept : m2m_senml_record{} { struct_size = sizeof(m2m_senml_record); }
};

/// Writes a pack record by record into `room`. It stays where it is made.
class Writer {
public:
    template <std::size_t N>
    explicit Writer(std::array<std::uint8_t, N> &room, std::int32_t format = M2M_SENML_JSON,
                    std::uint32_t count = 0) noexcept
        : start_(room.data()),
          result_(m2m_senml_writer_init(&writer_, format, count, room.data(), room.size())) {}
    Writer(const Writer &) = delete;
    Writer &operator=(const Writer &) = delete;

    Result record(const Record &record) noexcept {
        return result_ ? Result(m2m_senml_writer_record(&writer_, &record)) : result_;
    }
    /// Ends the pack, and gives it.
    Value<Bytes> finish() noexcept {
        std::size_t len = 0;
        const Result result = result_ ? Result(m2m_senml_writer_finish(&writer_, &len)) : result_;
        if (result == M2M_OK) return Bytes{start_, len};
        return result;
    }

private:
    const std::uint8_t *start_;
    m2m_senml_writer writer_{};
    Result result_;
};

}  // namespace senml

}  // namespace m2m

#endif
