package io.headgate.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** A Markdown page of the repository, as GitHub reads it. */
final class Page {
    private static final Pattern LINK = Pattern.compile("\\[[^\\[\\]]*]\\(([^()\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`[^`]+`");

    private final Path path;
    private final String text;
    private final List<String> prose = new ArrayList<>();
    private final List<Block> blocks = new ArrayList<>();

    /** A fenced block with the language that is named behind its fence. */
    record Block(String language, String code) {}

    /** What a link names: a file, and an anchor in it or the empty string. */
    record Link(String written, Path file, String anchor) {}

    private Page(Path path, String text) {
        this.path = path;
        this.text = text;
        split();
    }

    static Page read(Path path) {
        try {
            return new Page(path.normalize(), Files.readString(path));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private void split() {
        StringBuilder code = new StringBuilder();
        String language = "";
        boolean isCode = false;
        for (String line : text.lines().toList()) {
            boolean isFence = line.startsWith("```");
            if (isFence && isCode) {
                blocks.add(new Block(language, code.toString()));
                code.setLength(0);
            } else if (isFence) {
                language = line.substring(3);
            } else if (isCode) {
                code.append(line).append('\n');
            } else {
                prose.add(line);
            }
            isCode ^= isFence;
        }
        if (isCode) {
            throw new AssertionError(path + ": a block of code without an end");
        }
    }

    int words() {
        return text.trim().split("\\s+", -1).length;
    }

    String title() {
        return prose.get(0);
    }

    /** The lines outside of blocks of code. */
    List<String> prose() {
        return prose;
    }

    List<Block> blocks() {
        return blocks;
    }

    /** The links to files of the repository. */
    List<Link> links() {
        String plain = CODE.matcher(String.join("\n", prose)).replaceAll("");
        return LINK.matcher(plain)
                .results()
                .map(found -> found.group(1))
                .filter(written -> !written.matches("[a-z]+:.*"))
                .map(this::link)
                .toList();
    }

    private Link link(String written) {
        int hash = written.indexOf('#');
        String file = hash < 0 ? written : written.substring(0, hash);
        Path target = file.isEmpty() ? path : path.resolveSibling(file).normalize();
        return new Link(written, target, hash < 0 ? "" : written.substring(hash + 1));
    }

    /** What the headings can be linked by. */
    List<String> anchors() {
        List<String> anchors = new ArrayList<>();
        for (String line : prose) {
            if (line.matches("#{1,6} .*")) {
                String anchor = anchor(line.substring(line.indexOf(' ') + 1));
                int earlier = (int) anchors.stream()
                        .filter(each -> each.equals(anchor) || each.matches(Pattern.quote(anchor) + "-\\d+"))
                        .count();
                anchors.add(earlier == 0 ? anchor : anchor + "-" + earlier);
            }
        }
        return anchors;
    }

    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
