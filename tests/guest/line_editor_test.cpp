// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "frontend-drivers/keel/line_editor.hpp"

namespace keel {
namespace {

using Event = LineEditor::Event;

class LineEditorTest : public ::testing::Test {
  protected:
    // The last event; what was shown is added up.
    Event type(std::string_view keys)
    {
        Event event = Event::none;
        for (const char key : keys) {
            event = editor.take(key);
            shown += editor.shown();
        }
        return event;
    }

    LineEditor editor;
    std::string shown;
};

TEST_F(LineEditorTest, EchoesAndGivesLines)
{
    EXPECT_EQ(type("hello"), Event::none);
    EXPECT_EQ(shown, "hello");
    EXPECT_EQ(type("\n"), Event::line);
    EXPECT_EQ(editor.line(), "hello");
    EXPECT_EQ(type("\r"), Event::line);
    EXPECT_EQ(editor.line(), "");
    EXPECT_EQ(shown, "hello\n\n");
}

TEST_F(LineEditorTest, TakesAReturnAndALineFeedForOneEnd)
{
    EXPECT_EQ(type("a\r"), Event::line);
    EXPECT_EQ(type("\n"), Event::none);
    EXPECT_EQ(type("b\r\nc"), Event::none);
    EXPECT_EQ(type("\n"), Event::line);
    EXPECT_EQ(editor.line(), "c");
    EXPECT_EQ(type("\n"), Event::line);
}

TEST_F(LineEditorTest, RubsOut)
{
    EXPECT_EQ(type("ab\x7f\x08\x08\x7f"), Event::none);
    EXPECT_EQ(shown, "ab\b \b\b \b");
    EXPECT_EQ(type("xyz\x15q\n"), Event::line);
    EXPECT_EQ(editor.line(), "q");
    EXPECT_EQ(shown, "ab\b \b\b \bxyz\b \b\b \b\b \bq\n");
}

TEST_F(LineEditorTest, GivesUpALine)
{
    EXPECT_EQ(type("abc\x03"), Event::interrupt);
    EXPECT_EQ(shown, "abc^C\n");
    EXPECT_EQ(type("d\n"), Event::line);
    EXPECT_EQ(editor.line(), "d");
}

TEST_F(LineEditorTest, EndsOnlyAtTheBeginningOfALine)
{
    EXPECT_EQ(type("a\x04"), Event::none);
    EXPECT_EQ(type("\x7f\x04"), Event::end);
}

TEST_F(LineEditorTest, LeavesOutOtherKeys)
{
    EXPECT_EQ(type("a\x1b\x01\t\xc3\xbc\n"), Event::line);
    EXPECT_EQ(editor.line(), "a\xc3\xbc");
}

TEST_F(LineEditorTest, TakesNoMoreThanThereIsRoomFor)
{
    EXPECT_EQ(type(std::string(LineEditor::line_max, 'x')), Event::none);
    shown.clear();
    EXPECT_EQ(type("yy"), Event::none);
    EXPECT_EQ(shown, "\a\a");
    shown.clear();
    EXPECT_EQ(type("\x15"), Event::none);
    EXPECT_EQ(shown.size(), 3 * LineEditor::line_max);
    EXPECT_EQ(type("y\n"), Event::line);
    EXPECT_EQ(editor.line(), "y");
}

} // namespace
} // namespace keel
