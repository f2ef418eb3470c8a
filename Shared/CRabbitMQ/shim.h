#ifndef SLIPWAY_CRABBITMQ_H
#define SLIPWAY_CRABBITMQ_H

#include <sys/time.h>
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <amqp_ssl_socket.h>

#endif
