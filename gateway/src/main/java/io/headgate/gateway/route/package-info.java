/** The end of the chain: hands an exchange to the server that its route names, or answers from the catalogue. */
@NullMarked
package io.headgate.gateway.route;

import org.jspecify.annotations.NullMarked;
