package io.headgate.gateway.upstream.net;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes link-local addresses (169.254.0.0/16, fe80::/10) out of what names resolve to: behind one of them a cloud
 * machine is told its credentials, and whoever owns the name of a server could lead the gateway there.
 */
final class LinkLocalGuard extends AddressResolverGroup<InetSocketAddress> {
    private final AddressResolverGroup<InetSocketAddress> names;

    LinkLocalGuard(AddressResolverGroup<InetSocketAddress> names) {
        this.names = names;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new InetSocketAddressResolver(executor, new Guarded(executor, names.getResolver(executor)));
    }

    @Override
    public void close() {
        names.close();
        super.close();
    }

    /** Asks for all addresses of a name and gives those that may be used. */
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells.
    private static final class Guarded extends InetNameResolver {
        private final AddressResolver<InetSocketAddress> all;

        Guarded(EventExecutor executor, AddressResolver<InetSocketAddress> all) {
            super(executor);
            this.all = all;
        }

        @Override
        protected void doResolve(String name, Promise<InetAddress> promise) {
            Promise<List<InetAddress>> addresses = executor().newPromise();
            addresses.addListener(done -> {
                if (done.isSuccess()) {
                    promise.trySuccess(addresses.getNow().get(0));
                } else {
                    promise.tryFailure(done.cause());
                }
            });
            doResolveAll(name, addresses);
        }

        @Override
        protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
            var asked = all.resolveAll(InetSocketAddress.createUnresolved(name, 0));
            asked.addListener(done -> {
                if (!done.isSuccess()) {
                    promise.tryFailure(done.cause());
                    return;
                }
                List<InetAddress> usable = new ArrayList<>();
                for (InetSocketAddress each : asked.getNow()) {
                    if (!each.getAddress().isLinkLocalAddress()) {
                        usable.add(each.getAddress());
                    }
                }
                if (usable.isEmpty()) {
                    promise.tryFailure(new UnknownHostException(name + " has only link-local addresses"));
                } else {
                    promise.trySuccess(usable);
                }
            });
        }
    }
}
