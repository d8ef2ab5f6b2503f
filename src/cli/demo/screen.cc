#include "cli/demo/screen.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/quantity.h"
#include "cli/demo/components.h"
#include "cli/demo/crops.h"

namespace perdure::cli::demo {

namespace {

constexpr std::uint32_t map_characters_max = 60;
constexpr std::uint32_t map_lines_max = 20;
constexpr std::uint32_t figures_lines = 9;
constexpr std::uint32_t characters_min = 40;  // a smaller terminal gets plain lines
constexpr std::uint32_t lines_min = figures_lines + 8;
constexpr std::uint8_t colour_of_ripe_fields = 178;
constexpr std::uint8_t colour_of_walkers = 16;

struct Size {
    std::uint32_t characters = 0;
    std::uint32_t lines = 0;
};

Size terminal_size() {
    winsize size{};
    if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
    return {size.ws_col, size.ws_row};
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

std::vector<std::string> status_lines(const Figures& figures) {
    const Health& health = figures.health;
    const auto rounded = [](double value) { return count_text(static_cast<std::uint64_t>(value)); };
    return {
        fmt::format("tick      {}   day {}, {}   {:.1f} a second", count_text(figures.tick),
                    figures.day, clock_text(figures), figures.ticks_a_second),
        fmt::format("entities  {}   {} walkers, {} crops", count_text(figures.entities),
                    count_text(figures.walkers), count_text(figures.crops)),
        fmt::format("changes   {} a second   {} trades a second", rounded(figures.changes_a_second),
                    rounded(figures.trades_a_second)),
        fmt::format("commit    {} median, {} p99", duration_text(figures.commit_us_p50),
                    duration_text(figures.commit_us_p99)),
        fmt::format("flush     {} median, {} p99", duration_text(figures.flush_us_p50),
                    duration_text(figures.flush_us_p99)),
        fmt::format("lag       journal {}, store {} change sets", figures.journal_lag(),
                    figures.drain_lag()),
        fmt::format("disk      journal {}, store {}", bytes_text(health.journal_bytes),
                    bytes_text(health.store_bytes)),
        health.trouble.ok() ? figures.note : health.trouble.text(),
    };
}

}  // namespace

MapView::MapView(const Terrain& terrain, std::uint32_t characters_max, std::uint32_t lines_max)
    : width_(terrain.width()),
      depth_(terrain.depth()),
      characters_(std::min(characters_max, terrain.width())),
      lines_(std::min(lines_max, terrain.depth())),
      fields_(std::size_t{characters_} * lines_) {
    std::vector<std::array<std::uint32_t, land_count>> lands(fields_.size());
    for (CellIndex cell = 0; cell < terrain.columns(); ++cell) {
        const Land land = terrain.at(cell).land;
        ++lands[field_of(cell)][static_cast<std::size_t>(land)];
        if (land == Land::soil) ++fields_[field_of(cell)].soil;
    }
    for (std::size_t field = 0; field < fields_.size(); ++field) {
        const auto most = std::max_element(lands[field].begin(), lands[field].end());
        fields_[field].colour = traits(static_cast<Land>(most - lands[field].begin())).colour;
    }
}

std::size_t MapView::field_of(CellIndex cell) const noexcept {
    const std::uint32_t x = cell % width_;
    const std::uint32_t z = cell / width_;
    return std::size_t{z * lines_ / depth_} * characters_ + x * characters_ / width_;
}

void MapView::count(const Terrain& terrain, Entities& entities) {
    for (MapField& field : fields_) field.walkers = field.ripe = 0;
    for (CellIndex cell = 0; cell < terrain.columns(); ++cell) {
        if (terrain.at(cell).walker) ++fields_[field_of(cell)].walkers;
    }
    entities.each<Crop, Position>([&](const Crop& crop, const Position& at) {
        if (crop.stage >= crop_stage_ripe) ++fields_[field_of(terrain.index(at.x, at.z))].ripe;
    });
}

std::vector<std::string> MapView::lines() const {
    std::vector<std::string> lines;
    const std::uint32_t crowd = std::max<std::uint32_t>(
        4, width_ * depth_ / static_cast<std::uint32_t>(fields_.size()) / 5);
    for (std::uint32_t z = lines_; z-- > 0;) {
        std::string line;
        int colour = -1;
        for (std::uint32_t x = 0; x < characters_; ++x) {
            const MapField& field = fields_[std::size_t{z} * characters_ + x];
            const bool ripe = field.soil > 0 && field.ripe * 3 > field.soil;
            const int wanted = ripe ? colour_of_ripe_fields : field.colour;
            if (wanted != colour) {
                line += fmt::format("\x1b[48;5;{};38;5;{}m", wanted, colour_of_walkers);
                colour = wanted;
            }
            line += field.walkers == 0 ? " " : field.walkers < crowd ? "·" : "•";
        }
        lines.push_back(line + "\x1b[0m");
    }
    return lines;
}

bool Screen::possible() {
    const Size size = terminal_size();
    return size.characters >= characters_min && size.lines >= lines_min;
}

Screen::Screen(const Terrain& terrain)
    : map_(terrain, std::min(map_characters_max, terminal_size().characters - 1),
           std::min(map_lines_max, terminal_size().lines - figures_lines - 1)) {
    print("\x1b[?25l\x1b[?7l\x1b[2J");  // no cursor, no wrapping; an empty screen
}

Screen::~Screen() { print("\x1b[0m\x1b[?7h\x1b[?25h\n"); }

void Screen::draw(const Figures& figures, const Terrain& terrain, Entities& entities) {
    map_.count(terrain, entities);
    std::string frame = "\x1b[H";
    for (const std::string& line : map_.lines()) frame += line + "\x1b[K\n";
    frame += "\x1b[K\n";
    for (const std::string& line : status_lines(figures)) frame += line + "\x1b[K\n";
    frame += "\x1b[J";
    print(frame);
}

}  // namespace perdure::cli::demo
