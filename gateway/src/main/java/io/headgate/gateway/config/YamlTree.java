package io.headgate.gateway.config;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML into {@link Value}s, and refuses what only confuses in a configuration: two values for one key, anchors,
 * aliases, tags, several documents.
 *
 * <p>Made from the parser's events, and not by a composer, because that one follows aliases and nests without bound.
 */
final class YamlTree {
    static final int MAX_CHARACTERS = 1 << 20;
    private static final int MAX_DEPTH = 32;
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setCodePointLimit(MAX_CHARACTERS).build();

    private final String file;
    private final String text;
    private final Problems problems;

    private YamlTree(String file, String text, Problems problems) {
        this.file = file;
        this.text = text;
        this.problems = problems;
    }

    /** The root; null if it could not be read, which then is among the problems, or if there is none. */
    static @Nullable Value read(String file, String text, Problems problems) {
        return new YamlTree(file, text, problems).document();
    }

    private @Nullable Value document() {
        try {
            Iterator<Event> events = new Parse(SETTINGS).parseString(text).iterator();
            Value root = null;
            while (events.hasNext()) {
                Event event = events.next();
                if (event instanceof NodeEvent node && root == null) {
                    root = value(node, events, "", 0);
                } else if (event instanceof NodeEvent) {
                    throw new Unreadable(place(event), "a second document (expected: one)");
                }
            }
            return root;
        } catch (Unreadable unreadable) {
            problems.add(unreadable.place, "", unreadable.text);
        } catch (MarkedYamlEngineException notYaml) {
            Place place = notYaml.getProblemMark().map(this::place).orElse(new Place(file, 1, 1));
            problems.add(place, "", "not YAML: " + notYaml.getProblem().replace('\n', ' '));
        } catch (ReaderException notText) {
            problems.add(place(notText.getPosition()), "", "a character that no text has (expected: YAML)");
        } catch (YamlEngineException tooLong) {
            problems.add(new Place(file, 1, 1), "", "too large (expected: at most " + MAX_CHARACTERS + " characters)");
        }
        return null;
    }

    private Value value(NodeEvent event, Iterator<Event> events, String path, int depth) {
        refuseDecoration(event, path);
        if (event instanceof ScalarEvent scalar) {
            return new Value.Text(place(event), scalar.getValue(), scalar.getScalarStyle() == ScalarStyle.PLAIN);
        }
        if (depth >= MAX_DEPTH) {
            throw new Unreadable(place(event), "nested too deep (expected: at most " + MAX_DEPTH + " levels)");
        }
        return event.getEventId() == Event.ID.SequenceStart
                ? items(event, events, path, depth)
                : fields(event, events, path, depth);
    }

    private Value items(NodeEvent start, Iterator<Event> events, String path, int depth) {
        List<Value> values = new ArrayList<>();
        Event event = events.next();
        while (event instanceof NodeEvent node) {
            values.add(value(node, events, path + "[" + values.size() + "]", depth + 1));
            event = events.next();
        }
        return new Value.Items(place(start), values);
    }

    private Value fields(NodeEvent start, Iterator<Event> events, String path, int depth) {
        Map<String, Value.Field> entries = new LinkedHashMap<>();
        Event event = events.next();
        while (event instanceof NodeEvent key) {
            if (!(key instanceof ScalarEvent scalar)) {
                throw new Unreadable(place(key), "a key that is no text (expected: a name)");
            }
            refuseDecoration(key, path);
            String name = scalar.getValue();
            String keyPath = path.isEmpty() ? name : path + "." + name;
            Value value = value((NodeEvent) events.next(), events, keyPath, depth + 1);
            Value.Field earlier = entries.putIfAbsent(name, new Value.Field(place(key), value));
            if (earlier != null) {
                int line = earlier.place().line();
                problems.add(place(key), keyPath, "a second time (expected: once, as on line " + line + ")");
            }
            event = events.next();
        }
        return new Value.Fields(place(start), entries);
    }

    private void refuseDecoration(NodeEvent event, String path) {
        if (event instanceof AliasEvent) {
            throw new Unreadable(place(event), "an alias (expected: the value itself)");
        }
        if (event.getAnchor().isPresent()) {
            problems.add(place(event), path, "an anchor (expected: the value without one)");
        }
        Optional<String> tag = Optional.empty();
        if (event instanceof ScalarEvent scalar) {
            tag = scalar.getTag();
        } else if (event instanceof CollectionStartEvent collection) {
            tag = collection.getTag();
        }
        if (tag.isPresent()) {
            problems.add(place(event), path, "a tag (expected: the value without one)");
        }
    }

    private Place place(Event event) {
        return event.getStartMark().map(this::place).orElse(new Place(file, 1, 1));
    }

    private Place place(Mark mark) {
        return new Place(file, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private Place place(int position) {
        String before = text.substring(0, Math.min(position, text.length()));
        int line = (int) before.chars().filter(character -> character == '\n').count() + 1;
        return new Place(file, line, before.length() - before.lastIndexOf('\n'));
    }

    /** What makes reading on pointless. */
    private static final class Unreadable extends RuntimeException {
        private final transient Place place;
        private final String text;

        Unreadable(Place place, String text) {
            super(text, null, false, false);
            this.place = place;
            this.text = text;
        }
    }
}
