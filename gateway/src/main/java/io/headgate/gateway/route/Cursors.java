package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.route.catalog.Entry;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.Items;
import io.headgate.gateway.seal.Seal;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says where in a list the next page begins, and finds the place again.
 *
 * <p>A cursor holds the two items that the page's end lies between, and no number: so it survives a list that has changed
 * meanwhile, and means the same to another gateway. If the item after the end is gone, the page begins after the one
 * before it; if both are gone, at the first item of that server, which may repeat some items and loses none.
 */
final class Cursors {
    private static final Duration LIFE = Duration.ofHours(1);
    private static final int LONGEST = 64 * 1024;

    private final Seal seal;

    Cursors(Seal seal) {
        this.seal = seal;
    }

    /** The cursor for the page that begins at a position greater than 0. */
    String before(int position, Items items, ItemKind kind, Exchange exchange) {
        Entry next = items.at(position);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeUTF(next.server());
            out.writeUTF(next.key());
            out.writeUTF(items.at(position - 1).key());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return seal.seal(Seal.Kind.CURSOR, binding(kind, exchange), bytes.toByteArray(), LIFE);
    }

    /** Where the page that a request asks for begins. */
    int position(Items items, ItemKind kind, Exchange exchange) {
        RawJson cursor = exchange.message().envelope().get(Member.CURSOR);
        if (cursor == null) {
            return 0;
        }
        String text = cursor.length() > LONGEST ? "" : cursor.string();
        if (text == null) {
            throw new Refusal(Refusal.Reason.INVALID_PARAMS, "cursor: not a string");
        }
        try {
            return find(items, seal.open(Seal.Kind.CURSOR, binding(kind, exchange), text));
        } catch (Seal.Broken notOurs) {
            throw unknown();
        }
    }

    private static int find(Items items, byte[] payload) {
        String server;
        String nextKey;
        String lastKey;
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload))) {
            server = in.readUTF();
            nextKey = in.readUTF();
            lastKey = in.readUTF();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        @Nullable Entry next = items.get(nextKey);
        if (next != null) {
            return next.position();
        }
        @Nullable Entry last = items.get(lastKey);
        if (last != null) {
            return last.position() + 1;
        }
        int start = items.startOf(server);
        if (start < 0) {
            throw unknown();
        }
        return start;
    }

    private static Seal.Binding binding(ItemKind kind, Exchange exchange) {
        return new Seal.Binding()
                .add(kind.label())
                .add(exchange.target().server())
                .add(exchange.caller().key());
    }

    private static Refusal unknown() {
        return new Refusal(Refusal.Reason.UNKNOWN_NAME, "Invalid cursor: begin with the first page again");
    }
}
