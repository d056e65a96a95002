package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.route.catalog.Entry;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.Items;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.MeterRegistry;

/** Answers the four list requests, page by page, from a view of the catalogue. */
final class ListPages {
    private volatile PageSize pageSize;
    private final Cursors cursors;
    private final ResultHead head;
    private final MeterRegistry meters;

    ListPages(PageSize pageSize, Cursors cursors, ResultHead head, MeterRegistry meters) {
        this.pageSize = pageSize;
        this.cursors = cursors;
        this.head = head;
        this.meters = meters;
    }

    /** Holds for the pages that are asked for from now on; a cursor says where its page begins. */
    void pageSize(PageSize changed) {
        pageSize = changed;
    }

    JsonRpc.Success page(ItemKind kind, View view, Exchange exchange, long nowMillis) {
        Items all = view.items(kind);
        boolean shows = all == all.text() || exchange.client().declares(Extensions.UI);
        Items items = shows ? all : all.text();
        int first = position(items, kind, exchange);
        int end = end(items, first);
        Pieces out = new Pieces(2 * (end - first) + 4)
                .add(head.cacheable(view, nowMillis) + ",\"" + kind.listMember() + "\":[");
        for (int i = first; i < end; i++) {
            if (i > first) {
                out.add(",");
            }
            Entry item = items.at(i);
            out.add(exchange.client().isModern() ? item.json() : item.objectJson());
        }
        out.add("]");
        if (end < items.size()) {
            out.add(",\"nextCursor\":" + JsonStrings.quote(cursors.before(end, items, kind, exchange)));
        }
        return JsonRpc.Success.of(RawJson.of(out.add("}").toByteArray()));
    }

    private int position(Items items, ItemKind kind, Exchange exchange) {
        try {
            return cursors.position(items, kind, exchange);
        } catch (Refusal refusal) {
            meters.counter(MeterNames.MCP_REJECTED, "reason", "cursor").increment();
            throw refusal;
        }
    }

    /** After as many items as fit, and after one at least. */
    private int end(Items items, int first) {
        int last = Math.min(items.size(), first + pageSize.items());
        int bytes = 0;
        for (int i = first; i < last; i++) {
            bytes += items.at(i).json().length();
            if (bytes > pageSize.bytes() && i > first) {
                return i;
            }
        }
        return last;
    }
}
