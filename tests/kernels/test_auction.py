from __future__ import annotations

import numpy as np

from facemo.kernels.auction import Market, Offers, Points, bid, hear_of, lower


def points(rng, cells, tiles, dimensions=11):
    return Points(*(rng.random((n, dimensions), np.float32) for n in (cells, tiles)))


def squares(points):
    return ((points.cells[:, None] - points.tiles[None]) ** 2).sum(axis=2)


def market(room, cells):
    price = np.where(np.arange(max(room)) < np.array(room)[:, None], 0.0, np.inf)
    owner, use = np.full(price.shape, -1, np.int32), np.zeros(len(room), np.int32)
    queue, place = np.arange(cells, dtype=np.int32), np.array([0, cells])
    return Market(price, owner, price[:, 0].copy(), use, queue, place)


def test_two_cells_that_want_one_tile_drive_its_price_to_what_the_other_is_worth():
    offers = Offers(np.int32([[0, 1], [0, 1]]), np.float32([[0, 10], [0, 4]]))
    trade, tile = market([1, 1], 2), np.full(2, -1, np.int32)
    assert bid(offers, 100, 0.5, trade, tile) < 100
    assert tile.tolist() == [0, 1]
    assert 4 - 0.5 <= trade.least[0] - trade.least[1] <= 10 + 0.5
    assert trade.least.min() >= 0


def test_a_tile_that_may_be_used_twice_is_had_by_two():
    offers = Offers(np.int32([[0, 1]] * 3), np.float32([[0, 9], [0, 8], [0, 1]]))
    trade, tile = market([2, 2], 3), np.full(3, -1, np.int32)
    bid(offers, 100, 0.1, trade, tile)
    assert tile.tolist() == [0, 0, 1]


def test_a_mirror_image_is_no_second_tile():
    offers = Offers(np.int32([[0, 2, 1], [0, 2, 1]]), np.float32([[0, 1, 9], [0, 1, 5]]))
    trade, tile = market([1, 1], 2), np.full(2, -1, np.int32)
    bid(offers, 100, 0.1, trade, tile)
    assert (tile % 2).tolist() == [0, 1]


def test_bids_go_on_where_they_were_left(rng):
    known = np.broadcast_to(np.arange(30, dtype=np.int32), (20, 30)).copy()
    offers = Offers(known, rng.random((20, 30), np.float32))
    one, other = np.full(20, -1, np.int32), np.full(20, -1, np.int32)
    bid(offers, 10**6, 0.001, market([1] * 30, 20), one)
    trade = market([1] * 30, 20)
    while trade.place[1]:
        bid(offers, 1, 0.001, trade, other)
    np.testing.assert_array_equal(one, other)


def test_cells_keep_what_is_cheapest_of_what_they_hear_of_and_their_own(rng):
    these = points(rng, 4, 20)
    least = rng.random(20)
    offers = Offers(np.full((4, 5), -1, np.int32), np.full((4, 5), np.inf, np.float32))
    hear_of(np.int32([[3]] * 4), these, least, offers)
    hear_of(
        rng.permuted(np.tile(np.arange(20, dtype=np.int32), (4, 1)), axis=1), these, least, offers
    )
    worth = squares(these) + least
    for cell in range(4):
        others = [t for t in np.argsort(worth[cell]) if t != 3][:4]
        assert offers.tile[cell, 0] == 3
        assert sorted(offers.tile[cell, 1:]) == sorted(others)
    np.testing.assert_allclose(
        offers.cost, np.take_along_axis(squares(these), offers.tile, 1), 1e-5
    )


def test_the_cheapest_of_all_tiles_and_mirror_images_is_found(rng):
    these, least = points(rng, 9, 1200), rng.random(600)
    out = np.full(9, np.inf)
    lower(these, least, out)
    np.testing.assert_allclose(out, (squares(these) + np.tile(least, 2)).min(axis=1), 1e-5)
