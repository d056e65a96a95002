package io.headgate.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Filters that follow one another and share what they know, each with a configuration of its own for it.
 *
 * <p>The newest filter that was ever used decides by which configuration the knowledge is kept; if none of those that are left
 * was used, the newest of them. So one that is made and never takes a call changes nothing.
 *
 * @param <C> the configuration
 */
public final class Succession<C> {
    private final Consumer<C> knowledge;

    /** Those that are not closed, the newest last. */
    private final List<Turn> open = new ArrayList<>();

    private int begun;
    private volatile Turn present;

    /** One filter's. */
    public final class Turn {
        private final int number;
        private final C config;

        private Turn(int number, C config) {
            this.number = number;
            this.config = config;
        }

        /** A call comes; costs one look, but for the first one. */
        public void use() {
            Turn decides = present;
            if (decides != this && number > decides.number) {
                become();
            }
        }

        private void become() {
            synchronized (Succession.this) {
                if (number > present.number) {
                    decide(this);
                }
            }
        }

        /** The filter takes no call any more; true if it was the last one, and nobody needs the knowledge. */
        public boolean end() {
            synchronized (Succession.this) {
                boolean wasOpen = open.remove(this);
                if (wasOpen && present == this && !open.isEmpty()) {
                    decide(open.get(open.size() - 1));
                }
                return wasOpen && open.isEmpty();
            }
        }
    }

    /** @param knowledge told by which configuration it is kept from now on, by one thread at a time; not told of the first */
    public Succession(C first, Consumer<C> knowledge) {
        this.knowledge = knowledge;
        present = new Turn(begun++, first);
        open.add(present);
    }

    /** The turn of the first filter, for that one. */
    public Turn first() {
        return open.get(0);
    }

    /** The turn of one more filter, which nobody has used yet. */
    public synchronized Turn next(C config) {
        Turn next = new Turn(begun++, config);
        open.add(next);
        return next;
    }

    /** The configuration that counts now. */
    public C config() {
        return present.config;
    }

    private void decide(Turn turn) {
        present = turn;
        knowledge.accept(turn.config);
    }
}
