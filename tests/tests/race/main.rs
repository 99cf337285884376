//! Many buyers, one ticket.

use std::collections::HashSet;

use holdfast_domain::TicketState;
use serde_json::json;
use tests::{Answer, Aws, Call, Person, Stack};
use uuid::Uuid;

const BUYERS: usize = 200;

async fn buyers(stack: &Stack) -> Vec<Person> {
    let mut people = Vec::with_capacity(BUYERS);
    for chunk in 0..BUYERS / 20 {
        let joining: Vec<_> = (0..20)
            .map(|n| {
                let stack = stack.clone();
                tokio::spawn(async move { stack.person(&format!("Buyer {}", chunk * 20 + n)).await })
            })
            .collect();
        for person in joining {
            people.push(person.await.expect("a person"));
        }
    }
    people
}

fn judge(answers: &[(String, Answer)], requests_each: usize) {
    // The losers first: one that did not lose by the rule says more than a wrong count.
    for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 201) {
        answer.expect_problem(409, "ticket-held");
    }
    let won: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 201).collect();
    let winners: HashSet<_> = won.iter().map(|(buyer, _)| buyer).collect();
    let orders: HashSet<_> = won.iter().map(|(_, answer)| answer.text("id")).collect();
    assert_eq!((winners.len(), orders.len(), won.len()), (1, 1, requests_each), "one winner, one order");
    assert_eq!(answers.len(), BUYERS * requests_each);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_one_winner_and_the_same_with_every_request_sent_twice() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let seller = stack.person("Seller").await;
    let buyers = buyers(&stack).await;
    for requests_each in [1, 2] {
        let ticket = seller.list_ticket("Front row centre").await;
        let mut running = Vec::new();
        for buyer in &buyers {
            let key = Uuid::new_v4().to_string();
            for _ in 0..requests_each {
                let (buyer, ticket, key) = (buyer.clone(), ticket.clone(), key.clone());
                running.push(tokio::spawn(
                    async move { (buyer.id.clone(), buyer.place_order_under(&key, &ticket).await) },
                ));
            }
        }
        let mut answers = Vec::new();
        for answer in running {
            answers.push(answer.await.expect("an answer"));
        }
        judge(&answers, requests_each);

        let winner = answers.iter().find(|(_, answer)| answer.status == 201).expect("a winner");
        let lock = aws.ticket(&ticket).await;
        let TicketState::Held(hold) = lock.state else { panic!("not held: {lock:?}") };
        assert_eq!((hold.buyer.to_string(), hold.order.to_string()), (winner.0.clone(), winner.1.text("id")));
        let mut orders = 0;
        for buyer in &buyers {
            let theirs = buyer.send(Call::new("GET", "/api/orders")).await.expect(200);
            let of_ticket = |order: &&serde_json::Value| order["ticket"]["id"] == json!(ticket);
            orders += theirs.body["items"].as_array().expect("items").iter().filter(of_ticket).count();
        }
        assert_eq!(orders, 1, "one order in all the buyers' lists");
    }
}
