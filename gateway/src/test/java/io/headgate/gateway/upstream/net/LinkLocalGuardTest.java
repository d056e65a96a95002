package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A name leads to no link-local address. */
class LinkLocalGuardTest {
    @Test
    void onlyOtherAddressesAreUsed() throws UnknownHostException {
        assertThat(resolved("169.254.169.254", "192.0.2.7", "fe80::1").getNow())
                .isEqualTo(new InetSocketAddress(InetAddress.getByName("192.0.2.7"), 443));
        assertThat(resolved("fd00::1").getNow().getAddress()).isEqualTo(InetAddress.getByName("fd00::1"));
    }

    @Test
    void aNameThatHasNoOtherIsUnknown() {
        assertThat(resolved("169.254.169.254", "::ffff:169.254.169.254", "fe80::1")
                        .cause())
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("link-local");
    }

    private static Future<InetSocketAddress> resolved(String... addresses) {
        LinkLocalGuard guard = new LinkLocalGuard(new Names(addresses));
        return guard.getResolver(ImmediateEventExecutor.INSTANCE)
                .resolve(InetSocketAddress.createUnresolved("tools.example", 443));
    }

    /** Says these addresses for every name. */
    private static final class Names extends AddressResolverGroup<InetSocketAddress> {
        private final String[] addresses;

        Names(String... addresses) {
            this.addresses = addresses;
        }

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new InetSocketAddressResolver(executor, new InetNameResolver(executor) {
                @Override
                protected void doResolve(String name, Promise<InetAddress> promise) throws UnknownHostException {
                    promise.setSuccess(InetAddress.getByName(addresses[0]));
                }

                @Override
                protected void doResolveAll(String name, Promise<List<InetAddress>> promise)
                        throws UnknownHostException {
                    List<InetAddress> all = new ArrayList<>();
                    for (String each : addresses) {
                        all.add(InetAddress.getByName(each));
                    }
                    promise.setSuccess(all);
                }
            });
        }
    }
}
