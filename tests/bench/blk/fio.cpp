// SPDX-License-Identifier: Apache-2.0
#include "blk/fio.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "blk/line_socket.hpp"
#include "blk/program.hpp"

namespace paravane::bench::blk {

namespace {

constexpr uint64_t ns_a_ms = 1'000'000;
constexpr std::chrono::seconds beside_the_job{30};

const char *mode_of(const Job &job)
{
    const bool random = job.pattern == Pattern::random;

    if (job.read_percent == 100)
        return random ? "randread" : "read";
    if (job.read_percent == 0)
        return random ? "randwrite" : "write";
    return random ? "randrw" : "rw";
}

std::string all_of(LineSocket &output, std::chrono::milliseconds most)
{
    std::string text;

    for (;;) {
        const Result<std::string> line = output.read(most);
        if (!line)
            return text;
        text += *line + "\n";
    }
}

// What it says of one direction.
void add(const nlohmann::json &said, Figures &figures)
{
    figures.requests += said.value("total_ios", uint64_t{0});
    figures.bytes += said.value("io_bytes", uint64_t{0});
    figures.ns = std::max(figures.ns, said.value("runtime", uint64_t{0}) * ns_a_ms);
}

} // namespace

Result<std::unique_ptr<Fio>> Fio::start(const Setting &setting)
{
    std::string program = find_program("fio");

    if (program.empty())
        return Problem{"no figures of fio: it is not in the search path"};
    return std::unique_ptr<Fio>(new Fio(setting, std::move(program)));
}

Result<Figures> Fio::run(const Job &job)
{
    const std::vector<std::string> words = {program_,
                                            "--name=job",
                                            "--filename=" + setting_.medium.path,
                                            "--direct=1",
                                            "--ioengine=io_uring",
                                            "--registerfiles=1",
                                            "--fixedbufs=1",
                                            "--norandommap=1",
                                            "--allow_file_create=0",
                                            fmt::format("--size={}", setting_.medium.bytes),
                                            fmt::format("--rw={}", mode_of(job)),
                                            fmt::format("--rwmixread={}", job.read_percent),
                                            fmt::format("--bs={}", job.bytes),
                                            fmt::format("--iodepth={}", job.depth),
                                            "--time_based=1",
                                            fmt::format("--runtime={}ms", job.time / ns_a_ms),
                                            fmt::format("--ramp_time={}ms", job.warm_up / ns_a_ms),
                                            "--output-format=json"};
    UniqueFd other;
    Result<LineSocket> output = LineSocket::make(other);
    if (!output)
        return output.error();
    Result<Program> program = Program::start(words, {}, setting_.cores.producer, other.get());
    if (!program)
        return program.error();
    other = UniqueFd();
    const std::string text = all_of(
        *output, beside_the_job + std::chrono::milliseconds((job.warm_up + job.time) / ns_a_ms));
    // It may complain before it hands in its figures.
    const nlohmann::json said =
        nlohmann::json::parse(text.substr(std::min(text.find('{'), text.size())), nullptr, false);
    if (said.is_discarded() || !said.contains("jobs"))
        return Problem{"fio: " + program->complaint()};
    const nlohmann::json &figures_said = said["jobs"][0];
    Figures figures;
    add(figures_said["read"], figures);
    add(figures_said["write"], figures);
    figures.errors = figures_said.value("error", 0) != 0 ? 1 : 0;
    return figures;
}

} // namespace paravane::bench::blk
