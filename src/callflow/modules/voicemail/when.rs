//! When a message came, as Asterisk's sounds say it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::call::ops::Sound;
use crate::call::{Call, Interrupt};
use crate::clock;
use crate::objects::{Account, User, Vmbox, unix_of_gregorian};

/// The time zone of a box, else of its owner, of the account, of this machine.
pub(super) async fn zone(call: &mut Call, stored: &Vmbox) -> Result<TimeZone, Interrupt> {
    let mut name = stored.timezone.clone();
    if name.is_none()
        && let Some(owner) = &stored.owner_id
    {
        name = call
            .stored::<User>(owner)
            .await?
            .and_then(|user| user.timezone);
    }
    if name.is_none() {
        let account = call.account().to_string();
        name = call
            .stored::<Account>(&account)
            .await?
            .and_then(|account| account.timezone);
    }
    Ok(match name.as_deref().map(TimeZone::get) {
        Some(Ok(zone)) => zone,
        Some(Err(error)) => {
            call.warn(format!("{error}; the time is said as it is here"));
            TimeZone::system()
        }
        None => TimeZone::system(),
    })
}

/// "Today at fourteen oh five", "Monday the thirtieth of November at …".
pub(super) fn spoken(gregorian: i64, zone: &TimeZone) -> Vec<Sound> {
    let now = Timestamp::from_millisecond(clock::now().0).unwrap_or_default();
    let then = Timestamp::from_second(unix_of_gregorian(gregorian)).unwrap_or_default();
    let then = zone.to_datetime(then);
    let mut sounds = day(then.date(), zone.to_datetime(now).date());
    sounds.push("sound:digits/at".into());
    sounds.push(format!("number:{}", then.hour()));
    match then.minute() {
        0 => {}
        minute @ 1..=9 => {
            sounds.push("sound:digits/oh".into());
            sounds.push(format!("number:{minute}"));
        }
        minute => sounds.push(format!("number:{minute}")),
    }
    sounds.into_iter().map(Sound::Asterisk).collect()
}

fn day(then: Date, now: Date) -> Vec<String> {
    if then == now {
        return vec!["sound:digits/today".into()];
    }
    if then.tomorrow().is_ok_and(|next| next == now) {
        return vec!["sound:digits/yesterday".into()];
    }
    let weekday = then.weekday().to_sunday_zero_offset();
    let month = then.month() - 1;
    let mut sounds = vec![
        format!("sound:digits/day-{weekday}"),
        format!("sound:digits/mon-{month}"),
    ];
    // There are ordinals up to twenty, and of the tens.
    let (tens, ones) = (then.day() / 10 * 10, then.day() % 10);
    match (then.day(), ones) {
        (day @ (1..=20 | 30), _) => sounds.push(format!("sound:digits/h-{day}")),
        _ => sounds.extend([
            format!("sound:digits/{tens}"),
            format!("sound:digits/h-{ones}"),
        ]),
    }
    sounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::objects::gregorian;

    #[test]
    fn a_day_is_said_by_its_name_its_month_and_its_number() {
        let now = Date::constant(2026, 12, 1);
        let said = |year, month, day_of| {
            day(Date::constant(year, month, day_of), now)
                .join(" ")
                .replace("sound:digits/", "")
        };
        assert_eq!(said(2026, 12, 1), "today");
        assert_eq!(said(2026, 11, 30), "yesterday");
        assert_eq!(said(2026, 11, 29), "day-0 mon-10 20 h-9");
        assert_eq!(said(2026, 1, 3), "day-6 mon-0 h-3");
        assert_eq!(said(2025, 12, 31), "day-3 mon-11 30 h-1");
        assert_eq!(said(2025, 12, 30), "day-2 mon-11 h-30");
    }

    #[test]
    fn the_time_is_that_of_the_zone() {
        // 2001-02-03 14:05 in Berlin.
        let then = gregorian(Time(981_205_500_000));
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let said = spoken(then, &zone);
        let Some(
            [
                Sound::Asterisk(hour),
                Sound::Asterisk(oh),
                Sound::Asterisk(minute),
            ],
        ) = said.last_chunk()
        else {
            panic!("{said:?}");
        };
        assert_eq!(
            [hour.as_str(), oh, minute],
            ["number:14", "sound:digits/oh", "number:5"]
        );
    }
}
