package io.headgate.gateway;

import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/** SIGHUP, which ends a JVM that does not handle it. */
final class Hangup {
    private static final Logger LOG = LoggerFactory.getLogger(Hangup.class);

    private Hangup() {}

    /**
     * Does something each time the process gets the signal, until disposed of. The class that can do this is in every JDK, and is
     * reached by its name, because the compiler warns of each other use of it.
     */
    static Disposable handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object mine = Proxy.newProxyInstance(
                    Hangup.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getDeclaringClass() == Object.class) {
                            return method.getName().equals("equals")
                                    ? proxy == arguments[0]
                                    : method.getName().length();
                        }
                        action.run();
                        return null;
                    });
            Object hangup = signal.getConstructor(String.class).newInstance("HUP");
            var handle = signal.getMethod("handle", signal, handler);
            Object before = handle.invoke(null, hangup, mine);
            return () -> {
                try {
                    var unused = handle.invoke(null, hangup, before);
                } catch (ReflectiveOperationException notPut) {
                    LOG.debug("The handler of SIGHUP stays", notPut);
                }
            };
        } catch (ReflectiveOperationException | RuntimeException unavailable) {
            LOG.warn("SIGHUP is not handled here, so it ends the process: {}", unavailable.toString());
            return Disposables.disposed();
        }
    }
}
