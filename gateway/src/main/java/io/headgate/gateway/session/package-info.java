/** Who is talking: session ids, open streams, replay, questions awaiting an answer. */
@NullMarked
package io.headgate.gateway.session;

import org.jspecify.annotations.NullMarked;
