/*
 * What the rules about pins come to in C. Written here, not copied: functions, flags and the order
 * of the questions are the kernel's; locks, RCU, memory cgroups and the like are left out, and a
 * page is told by its folio.
 *
 * One excerpt is compiled at a time, by its name in capitals:
 *     cc -std=c11 -Wall -Wextra -Werror -DBACKPORT -o pins pins.c
 * The program reads states, one a line, and prints what the excerpt makes of each. pinlab holds
 * that against its model (lab.compare_c), with a reader's lines in place of the excerpt if need be.
 * An excerpt begins below its comment and ends above the line with what is asked of it; that says
 * what the model is asked, too, and which fields of a state that depends on.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#define FOLL_GET (1u << 1)
#define FOLL_PIN (1u << 19)
#define GUP_PIN_COUNTING_BIAS (1u << 10)

enum { NR_FOLL_PIN_ACQUIRED, NR_FOLL_PIN_RELEASED };

struct folio {
    int _refcount, _pincount, mapcount;
    bool large, zero, exclusive;
};

struct mm_struct {
    unsigned long flags;
};

static struct folio folio;
static struct mm_struct mm;
static long vmstat[2];
static bool warned;

#define MMF_HAS_PINNED 28

static inline bool test_bit(int n, unsigned long *word) { return *word >> n & 1; }

#define WARN_ON_ONCE(condition) ((condition) && (warned = true))

/* An atomic_t wraps, unlike an int. There is one thread here, so an int that wraps will do. */
static inline void atomic_add(unsigned int n, int *counter) { *counter = (int)(*counter + n); }
static inline void atomic_sub(unsigned int n, int *counter) { *counter = (int)(*counter - n); }

static inline int folio_ref_count(struct folio *f) { return f->_refcount; }
static inline void folio_ref_add(struct folio *f, unsigned int n) { atomic_add(n, &f->_refcount); }
static inline void folio_ref_inc(struct folio *f) { folio_ref_add(f, 1); }
static inline void folio_put_refs(struct folio *f, unsigned int n) { atomic_sub(n, &f->_refcount); }
static inline void folio_get(struct folio *f) { folio_ref_add(f, 1); }
static inline void folio_put(struct folio *f) { folio_put_refs(f, 1); }
static inline bool folio_ref_try_add_rcu(struct folio *f, int n)
{
    return f->_refcount != 0 && (folio_ref_add(f, n), true);
}
static inline void node_stat_mod_folio(struct folio *f, int counter, long n)
{
    (void)f;
    vmstat[counter] += n;
}
static inline bool folio_test_large(struct folio *f) { return f->large; }
static inline bool is_zero_folio(struct folio *f) { return f->zero; }
static inline bool PageAnonExclusive(struct folio *page) { return page->exclusive; }
static inline void SetPageAnonExclusive(struct folio *page) { page->exclusive = true; }
static inline void ClearPageAnonExclusive(struct folio *page) { page->exclusive = false; }
static inline int page_count(struct folio *page) { return page->_refcount; }
static inline int page_mapcount(struct folio *page) { return page->mapcount; }

#ifdef PIN
/* pin: try_grab_page() in 6.4.6, for small pages
 * https://elixir.bootlin.com/linux/v6.4.6/source/mm/gup.c#L214 */
int try_grab_page(struct folio *folio, unsigned flags)
{
    if (WARN_ON_ONCE(folio_ref_count(folio) <= 0))
        return -ENOMEM;
    if (flags & FOLL_GET) {
        folio_ref_inc(folio);
    } else if (flags & FOLL_PIN) {
        folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
        node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, 1);
    }
    return 0;
}
#define ASKED try_grab_page(&folio, flags) /* grab: flags zero refcount */
#endif

#ifdef UNPIN
/* unpin: gup_put_folio() in 6.4.6, for small pages
 * https://elixir.bootlin.com/linux/v6.4.6/source/mm/gup.c#L180 */
void gup_put_folio(struct folio *folio, int refs, unsigned flags)
{
    if (flags & FOLL_PIN) {
        node_stat_mod_folio(folio, NR_FOLL_PIN_RELEASED, refs);
        refs *= GUP_PIN_COUNTING_BIAS;
    }
    folio_put_refs(folio, refs);
}
#define ASKED gup_put_folio(&folio, refs, flags), 0 /* put: flags zero refcount refs */
#endif

#if defined MAYBE_PINNED || defined NEEDS_COW || defined FORK
/* maybe-pinned: folio_maybe_dma_pinned() in 6.5
 * https://elixir.bootlin.com/linux/v6.5/source/include/linux/mm.h#L1884 */
bool folio_maybe_dma_pinned(struct folio *folio)
{
    if (folio_test_large(folio))
        return folio->_pincount > 0;
    return (unsigned int)folio_ref_count(folio) >= GUP_PIN_COUNTING_BIAS;
}
#define ASKED folio_maybe_dma_pinned(&folio) /* maybe_pinned: large refcount */
#endif

#ifdef GUARD
/* guard: try_grab_folio() in 6.18.2, for small pages other than the zero page, and one of the two flags
 * https://elixir.bootlin.com/linux/v6.18.2/source/mm/gup.c#L140 */
int try_grab_folio(struct folio *folio, int refs, unsigned flags)
{
    if (WARN_ON_ONCE(folio_ref_count(folio) <= 0))
        return -ENOMEM;
    if (flags & FOLL_PIN) {
        node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, refs);
        refs *= GUP_PIN_COUNTING_BIAS;
    }
    folio_ref_add(folio, refs);
    return 0;
}
#define ASKED try_grab_folio(&folio, refs, flags) /* grab: flags refcount refs */
#endif

#if defined GUARD_FAST || defined PATCH_FAST
/* guard-fast: try_get_folio() in 6.5, without its second look whether the page is still the folio's
 * https://elixir.bootlin.com/linux/v6.5/source/mm/gup.c#L71 */
struct folio *try_get_folio(struct folio *folio, int refs)
{
    if (WARN_ON_ONCE(folio_ref_count(folio) < 0))
        return NULL;
    if (!folio_ref_try_add_rcu(folio, refs)) /* adds unless it finds 0 */
        return NULL;
    return folio;
}
#define ASKED try_get_folio(&folio, refs) != NULL /* grab_fast: refcount refs */
#endif

#ifdef CLOSE_TO_OVERFLOW
/* close-to-overflow: folio_ref_zero_or_close_to_overflow() in 6.5, a macro there
 * https://elixir.bootlin.com/linux/v6.5/source/include/linux/mm.h#L1393 */
bool folio_ref_zero_or_close_to_overflow(struct folio *folio)
{
    return (unsigned int)folio_ref_count(folio) + 127u <= 127u;
}
#define ASKED folio_ref_zero_or_close_to_overflow(&folio) /* close: refcount */
#endif

#ifdef PATCH
/* patch: try_grab_page() in 6.5, for small pages and one of the two flags
 * https://elixir.bootlin.com/linux/v6.5/source/mm/gup.c#L225 */
int try_grab_page(struct folio *folio, unsigned flags)
{
    if (WARN_ON_ONCE(folio_ref_count(folio) <= 0))
        return -ENOMEM;
    if (flags & FOLL_PIN && is_zero_folio(folio))
        return 0;
    folio_ref_add(folio, flags & FOLL_PIN ? GUP_PIN_COUNTING_BIAS : 1);
    if (flags & FOLL_PIN)
        node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, 1);
    return 0;
}
#define ASKED try_grab_page(&folio, flags) /* grab: flags zero refcount */
#endif

#ifdef PATCH_FAST
#undef ASKED
/* patch-fast: try_grab_folio() in 6.5, for small pages
 * https://elixir.bootlin.com/linux/v6.5/source/mm/gup.c#L126 */
struct folio *try_grab_folio(struct folio *folio, int refs, unsigned flags)
{
    if (flags & FOLL_PIN && is_zero_folio(folio))
        return folio;
    if (!try_get_folio(folio, refs))
        return NULL;
    if (flags & FOLL_PIN) {
        folio_ref_add(folio, refs * (GUP_PIN_COUNTING_BIAS - 1));
        node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, refs);
    }
    return folio;
}
#define ASKED try_grab_folio(&folio, refs, flags) != NULL /* grab_fast: flags zero refcount refs */
#endif

#ifdef PATCH_UNPIN
/* patch-unpin: gup_put_folio() in 6.5
 * https://elixir.bootlin.com/linux/v6.5/source/mm/gup.c#L189 */
void gup_put_folio(struct folio *folio, int refs, unsigned flags)
{
    if (flags & FOLL_PIN && is_zero_folio(folio))
        return;
    if (flags & FOLL_PIN)
        node_stat_mod_folio(folio, NR_FOLL_PIN_RELEASED, refs);
    if (flags & FOLL_PIN && folio_test_large(folio))
        atomic_sub(refs, &folio->_pincount);
    else if (flags & FOLL_PIN)
        refs *= GUP_PIN_COUNTING_BIAS;
    folio_put_refs(folio, refs);
}
#define ASKED gup_put_folio(&folio, refs, flags), 0 /* put: flags large zero refcount refs */
#endif

#ifdef BACKPORT
/* backport: try_grab_page() in 6.1.130, for small pages and one of the two flags
 * https://elixir.bootlin.com/linux/v6.1.130/source/mm/gup.c */
bool try_grab_page(struct folio *folio, unsigned flags)
{
    if (WARN_ON_ONCE(folio_ref_count(folio) <= 0))
        return false;
    if (flags & FOLL_PIN && is_zero_folio(folio))
        return 0;
    folio_ref_add(folio, flags & FOLL_PIN ? GUP_PIN_COUNTING_BIAS : 1);
    if (flags & FOLL_PIN)
        node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, 1);
    return true;
}
#define ASKED try_grab_page(&folio, flags) /* grabbed: flags zero refcount */
#endif

#ifdef LARGE_PIN
/* large-pin: try_grab_folio() in 6.18.2 (64 bits), after its guard and the zero page
 * https://elixir.bootlin.com/linux/v6.18.2/source/mm/gup.c#L140 */
int try_grab_folio(struct folio *folio, int refs, unsigned flags)
{
    if (flags & FOLL_PIN)
        node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, refs);
    if (flags & FOLL_PIN && folio_test_large(folio)) {
        folio_ref_add(folio, refs);
        atomic_add(refs, &folio->_pincount);
    } else
        folio_ref_add(folio, refs * (flags & FOLL_PIN
                                     ? GUP_PIN_COUNTING_BIAS : 1));
    return 0;
}
#define ASKED try_grab_folio(&folio, refs, flags) /* grab: flags large refcount>0 refs */
#endif

#if defined NEEDS_COW || defined FORK
#undef ASKED
/* needs-cow: page_needs_cow_for_dma() in 6.5
 * https://elixir.bootlin.com/linux/v6.5/source/include/linux/mm.h#L1912 */
bool page_needs_cow_for_dma(struct mm_struct *mm, struct folio *page)
{
    if (!test_bit(MMF_HAS_PINNED, &mm->flags))
        return false;
    return folio_maybe_dma_pinned(page);
}
#define ASKED page_needs_cow_for_dma(&mm, &folio) /* needs_cow: refcount has_pinned */
#endif

#ifdef FORK
#undef ASKED
/* fork: copy_present_pte() in 6.5, for anonymous pages; true: the child gets a copy
 * https://elixir.bootlin.com/linux/v6.5/source/mm/memory.c#L923 */
bool copy_present_pte(struct mm_struct *src_mm, struct folio *page)
{
    folio_get(page); /* for the child, before anything is asked */
    if (PageAnonExclusive(page) && page_needs_cow_for_dma(src_mm, page)) {
        folio_put(page);
        return true;
    }
    ClearPageAnonExclusive(page);
    return false;
}
#define ASKED copy_present_pte(&mm, &folio) /* fork: refcount exclusive has_pinned */
#endif

#ifdef WRITE_FAULT_5_7
/* write-fault-5.7: reuse_swap_page() in 5.7.14, what do_wp_page() asks; true: no copy
 * https://elixir.bootlin.com/linux/v5.7.14/source/mm/swapfile.c#L1653 */
bool reuse_swap_page(struct folio *page)
{
    return page_mapcount(page) <= 1;
}
#define ASKED reuse_swap_page(&folio) /* write: refcount>0 mapcount exclusive */
#endif

#ifdef WRITE_FAULT_5_9
/* write-fault-5.9: do_wp_page() in 5.9.1, for anonymous pages; true: no copy
 * https://elixir.bootlin.com/linux/v5.9.1/source/mm/memory.c#L3066 */
bool do_wp_page(struct folio *page)
{
    return page_mapcount(page) == 1 && page_count(page) == 1;
}
#define ASKED do_wp_page(&folio) /* write: refcount>0 mapcount exclusive */
#endif

#ifdef WRITE_FAULT_6_5
/* write-fault-6.5: do_wp_page() in 6.5, for anonymous pages; true: no copy
 * https://elixir.bootlin.com/linux/v6.5/source/mm/memory.c#L3338 */
bool do_wp_page(struct folio *page)
{
    if (PageAnonExclusive(page))
        return true;
    if (folio_ref_count(page) != 1)
        return false;
    SetPageAnonExclusive(page); /* nobody else holds it */
    return true;
}
#define ASKED do_wp_page(&folio) /* write: refcount>0 mapcount exclusive */
#endif

#ifndef ASKED
#define ASKED 0
#endif

int main(void)
{
    int large, zero, exclusive, has_pinned, refs;
    unsigned int flags;

    while (scanf("%d %d %d %d %d %d %d %d %u", &folio._refcount, &folio._pincount, &folio.mapcount,
                 &large, &zero, &exclusive, &has_pinned, &refs, &flags) == 9) {
        folio.large = large, folio.zero = zero, folio.exclusive = exclusive;
        mm.flags = (unsigned long)has_pinned << MMF_HAS_PINNED;
        vmstat[NR_FOLL_PIN_ACQUIRED] = vmstat[NR_FOLL_PIN_RELEASED] = warned = 0;
        int answer = (ASKED);
        printf("\n=> %d %d %d %ld %ld %d %d\n", answer, folio._refcount, folio._pincount,
               vmstat[NR_FOLL_PIN_ACQUIRED], vmstat[NR_FOLL_PIN_RELEASED], warned,
               folio.exclusive);
        fflush(stdout); /* so that what crashes is told by its state */
    }
    return 0;
}
