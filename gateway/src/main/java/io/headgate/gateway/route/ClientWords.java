package io.headgate.gateway.route;

import io.headgate.filter.CallOperator;
import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Namespace;
import io.headgate.gateway.route.catalog.Owner;
import io.headgate.gateway.route.catalog.StructuralUris;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Splice;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;

/**
 * What comes back from a server, in the words of the client: URIs and loggers renamed, request states and ids of tasks sealed.
 *
 * <p>The one operator that a call meets here. It passes nearly every message untouched after a look at two numbers, so it
 * is two objects per call and no lambda.
 */
final class ClientWords extends FluxOperator<JsonRpc, JsonRpc> {
    private final Exchange exchange;
    private final Owner owner;
    private final RequestStates states;
    private final Tasks tasks;

    /** The exchange is the one that the client sent, before it was turned into the server's words. */
    ClientWords(Flux<JsonRpc> source, Exchange exchange, Owner owner, RequestStates states, Tasks tasks) {
        super(source);
        this.exchange = exchange;
        this.owner = owner;
        this.states = states;
        this.tasks = tasks;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> actual) {
        source.subscribe(new Inner(actual, this));
    }

    private JsonRpc inClientWords(JsonRpc message) {
        if (message instanceof JsonRpc.Success success) {
            Envelope envelope = success.envelope();
            boolean rename = owner.isRenamed() && envelope.mentionsUri();
            boolean wrap = envelope.has(Member.STRUCTURED_CONTENT)
                    && !exchange.client().isModern();
            return rename || wrap || envelope.has(Member.RESULT_REQUEST_STATE) || envelope.has(Member.RESULT_TASK_ID)
                    ? changed(success, rename, wrap)
                    : message;
        }
        if (!owner.isRenamed()) {
            return message;
        }
        if (message instanceof JsonRpc.Failure failure) {
            return StructuralUris.renameInFailure(owner.namespace(), failure);
        }
        return message instanceof JsonRpc.Notification notification
                ? inClientWords(owner.namespace(), notification)
                : message;
    }

    /** What a server whose names are changed says without being asked. */
    static JsonRpc.Notification inClientWords(Namespace namespace, JsonRpc.Notification notification) {
        return switch (notification.method()) {
            case Methods.RESOURCE_UPDATED -> StructuralUris.renameInUpdate(namespace, notification);
            case Methods.MESSAGE -> LoggerNames.rename(namespace, notification);
            default -> notification;
        };
    }

    private JsonRpc changed(JsonRpc.Success success, boolean rename, boolean wrap) {
        Envelope envelope = success.envelope();
        Splice splice = new Splice(success.result());
        if (rename && owner.target().kind() == Target.Kind.TASK) {
            StructuralUris.renameInTask(owner.namespace(), success.result(), splice);
        } else if (rename) {
            StructuralUris.renameInResult(owner.namespace(), envelope, splice);
        }
        if (wrap) {
            StructuredContent.wrap(envelope, owner.isWrapped(), splice);
        }
        if (envelope.has(Member.RESULT_TASK_ID)) {
            tasks.rename(exchange, owner, envelope, splice);
        }
        if (envelope.is(Member.RESULT_TYPE, "input_required")) {
            states.seal(exchange, owner, envelope, splice);
        }
        return splice.isEmpty() ? success : JsonRpc.Success.of(splice.toJson());
    }

    /** It is its own subscription, because the source's may offer a fusion that would go past it. */
    private static final class Inner extends CallOperator<Inner.Stage> {
        enum Stage {
            RUNNING,
            ENDED
        }

        private final ClientWords parent;

        Inner(CoreSubscriber<? super JsonRpc> client, ClientWords parent) {
            super(client, Stage.RUNNING);
            this.parent = parent;
        }

        @Override
        public void onNext(JsonRpc message) {
            if (is(Stage.ENDED)) {
                Operators.onNextDropped(message, currentContext());
                return;
            }
            JsonRpc changed;
            try {
                changed = parent.inClientWords(message);
            } catch (RuntimeException failed) {
                cancel();
                onError(failed);
                return;
            }
            client.onNext(changed);
        }

        @Override
        public void onError(Throwable error) {
            if (move(Stage.RUNNING, Stage.ENDED)) {
                client.onError(error);
            }
        }

        @Override
        public void onComplete() {
            if (move(Stage.RUNNING, Stage.ENDED)) {
                client.onComplete();
            }
        }
    }
}
