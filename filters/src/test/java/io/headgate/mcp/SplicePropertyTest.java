package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A spliced document says what the same edit of the tree says, and keeps the bytes of everything else. */
class SplicePropertyTest {
    private static final long SEED = Long.getLong("headgate.seed", new SplittableRandom().nextLong());

    @Test
    void anySetOfChangesIsTheSameEditOfTheTree() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            RandomJson random = new RandomJson(SEED + i);
            String source = random.space() + random.object(3) + random.space();
            Edit edit = new Edit(RawJson.read(source.getBytes(StandardCharsets.UTF_8), JsonLimits.CLIENT), random);
            String about = "seed " + (SEED + i) + ": " + source;
            RawJson changed = edit.apply();
            Object tree = ReferenceReader.value(changed.toByteArray());
            assertThat(tree).as("%s became %s", about, changed).isEqualTo(edit.expected);
            assertThat(names(changed)).as("%s became %s", about, changed).isEqualTo(names(edit.expected));
            for (Map.Entry<String, RawJson> kept : edit.kept.entrySet()) {
                assertThat(changed.get(kept.getKey()))
                        .as("%s became %s", about, changed)
                        .isEqualTo(kept.getValue());
            }
        }
    }

    private static List<String> names(RawJson object) {
        List<String> names = new ArrayList<>();
        object.forEachMember((name, value) -> names.add(name));
        return names;
    }

    private static List<String> names(Map<String, Object> tree) {
        return List.copyOf(tree.keySet());
    }

    /** Random changes of one object and, in their shadow, of its tree. */
    private static final class Edit {
        final Map<String, Object> expected = new LinkedHashMap<>();
        final Map<String, RawJson> kept = new LinkedHashMap<>();
        private final RawJson source;
        private final RandomJson random;
        private final List<Runnable> changes = new ArrayList<>();
        private final Splice splice;

        Edit(RawJson source, RandomJson random) throws Exception {
            this.source = source;
            this.random = random;
            this.splice = new Splice(source);
            plan(source, expected, /* outer= */ true);
        }

        RawJson apply() {
            Collections.shuffle(changes, new Random(random.below(1_000_000)));
            changes.forEach(Runnable::run);
            assertThat(splice.isEmpty()).isEqualTo(changes.isEmpty());
            return splice.toJson();
        }

        private void plan(RawJson object, Map<String, Object> tree, boolean outer) throws Exception {
            List<Runnable> insertions = new ArrayList<>();
            for (int i = random.below(3); i > 0; i--) {
                String name = "new\"" + i;
                String value = random.value(2);
                insertions.add(() -> splice.insert(object, name, value));
                tree.put(name, ReferenceReader.value(value.getBytes(StandardCharsets.UTF_8)));
            }
            if (!insertions.isEmpty()) {
                changes.add(() -> insertions.forEach(Runnable::run));
            }
            boolean all = random.below(6) == 0;
            Map<String, RawJson> members = new LinkedHashMap<>();
            object.forEachMember(members::put);
            for (Map.Entry<String, RawJson> member : members.entrySet()) {
                planMember(member.getKey(), member.getValue(), all ? 0 : random.below(4), tree, outer);
            }
        }

        private void planMember(String name, RawJson value, int choice, Map<String, Object> tree, boolean outer)
                throws Exception {
            if (choice == 0) {
                changes.add(() -> splice.remove(keyStart(value), value.end()));
            } else if (choice == 1) {
                String other = random.value(2);
                changes.add(() -> splice.replace(value, other));
                tree.put(name, ReferenceReader.value(other.getBytes(StandardCharsets.UTF_8)));
            } else if (choice == 2 && value.isObject()) {
                Map<String, Object> inner = new LinkedHashMap<>();
                plan(value, inner, /* outer= */ false);
                tree.put(name, inner);
            } else {
                tree.put(name, ReferenceReader.value(value.toByteArray()));
                if (outer) {
                    kept.put(name, value);
                }
            }
        }

        private int keyStart(RawJson value) {
            String before = new String(source.array(), 0, value.start(), StandardCharsets.ISO_8859_1);
            return before.lastIndexOf('"', before.lastIndexOf('"') - 1);
        }
    }

    @Test
    void membersOfAMessageAreRemovedByName() throws Exception {
        for (int i = 0; i < 10_000; i++) {
            RandomJson random = new RandomJson(SEED + i);
            byte[] message = random.message();
            Envelope envelope = Envelope.read(message, JsonLimits.CLIENT);
            if (envelope.kind() == Envelope.Kind.RESPONSE) {
                continue;
            }
            Splice splice = new Splice(RawJson.of(message));
            List<Member> removed = new ArrayList<>();
            for (Member member : Member.values()) {
                boolean removable = member.container() == Member.Container.META
                        || member == Member.ID
                        || (member.container() == Member.Container.PARAMS && member != Member.PARAMS_META);
                if (removable && random.below(2) == 0 && member != Member.REF) {
                    Splice same = envelope.remove(splice, member);
                    assertThat(same).isSameAs(splice);
                    removed.add(member);
                }
            }
            Envelope rest = Envelope.read(splice.toJson().toByteArray(), JsonLimits.CLIENT);
            for (Member member : Member.values()) {
                String about =
                        "seed " + (SEED + i) + ": " + member + " of " + new String(message, StandardCharsets.UTF_8);
                boolean whole = member.container() == Member.Container.ROOT
                        ? member != Member.PARAMS
                        : member != Member.PARAMS_META;
                if (removed.contains(member)) {
                    assertThat(rest.has(member)).as(about).isFalse();
                } else if (whole
                        && member.container() != Member.Container.RESULT
                        && member.container() != Member.Container.ERROR) {
                    assertThat(rest.get(member)).as(about).isEqualTo(envelope.get(member));
                }
            }
        }
    }

    @Test
    void aliasesAreNoDanger() throws Exception {
        // The sole member goes and another comes, at the same place.
        RawJson source = RawJson.of("{ \"a\" : 1 }");
        RawJson value = Objects.requireNonNull(source.get("a"));
        assertThat(new Splice(source)
                        .remove(2, value.end())
                        .insert(source, "b", "2")
                        .toJson())
                .hasToString("{\"b\":2 }");
        assertThat(new Splice(source)
                        .insert(source, "b", "2")
                        .remove(2, value.end())
                        .toJson())
                .hasToString("{\"b\":2 }");
    }

    @Test
    void manyInsertionsIntoAnEmptyObjectKeepTheirOrder() {
        RawJson source = RawJson.of("{ }");
        assertThat(new Splice(source)
                        .insert(source, "a", "1")
                        .insert(source, "b", "2")
                        .insert(source, "c", "3")
                        .toJson())
                .hasToString("{\"a\":1,\"b\":2,\"c\":3 }");
    }

    @Test
    void anUnchangedValueIsItself() {
        RawJson source = RawJson.of("{}");
        assertThat(new Splice(source).toJson()).isSameAs(source);
    }
}
