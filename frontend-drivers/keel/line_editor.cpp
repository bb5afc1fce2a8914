// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/line_editor.hpp"

namespace keel {

namespace {

constexpr char control_c = 0x03;
constexpr char control_d = 0x04;
constexpr char bell = 0x07;
constexpr char backspace = 0x08;
constexpr char control_u = 0x15;
constexpr char rubout = 0x7f;

} // namespace

void LineEditor::show(std::string_view text)
{
    for (const char character : text) {
        if (shown_size_ < shown_.size())
            shown_[shown_size_++] = character;
    }
}

void LineEditor::rub_out()
{
    size_--;
    show("\b \b");
}

LineEditor::Event LineEditor::end_line(Event event)
{
    fresh_ = true;
    show("\n");
    return event;
}

LineEditor::Event LineEditor::take(char key)
{
    const bool second_half = key == '\n' && after_return_;

    shown_size_ = 0;
    after_return_ = key == '\r';
    if (second_half)
        return Event::none;
    if (fresh_) {
        fresh_ = false;
        size_ = 0;
    }
    switch (key) {
    case '\r':
    case '\n':
        return end_line(Event::line);
    case control_c:
        show("^C");
        return end_line(Event::interrupt);
    case control_d:
        return size_ == 0 ? end_line(Event::end) : Event::none;
    case backspace:
    case rubout:
        if (size_ > 0)
            rub_out();
        return Event::none;
    case control_u:
        while (size_ > 0)
            rub_out();
        return Event::none;
    default:
        break;
    }
    // Other keys that are no text. Bytes of other alphabets are taken as they are.
    if (static_cast<unsigned char>(key) < ' ')
        return Event::none;
    if (size_ == line_.size()) {
        show({&bell, 1});
        return Event::none;
    }
    line_[size_++] = key;
    show({&key, 1});
    return Event::none;
}

} // namespace keel
