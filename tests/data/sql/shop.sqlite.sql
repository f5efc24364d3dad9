CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, country TEXT, joined TEXT, active BOOLEAN, credit REAL);
INSERT INTO customers VALUES
 (1,'Ada Berg','Oslo','Norway','2021-03-05',1,1200.5),(2,'Bo Lund','Oslo','Norway','2020-11-30',0,NULL),
 (3,'Cy Moreau','Lyon','France','2022-07-14',1,87.25),(4,'Di Rossi','Rome','Italy','2019-01-02',1,15320.0),
 (5,'Ed Novak','Prague','Czechia','2023-12-31',0,0.0),(6,'Flo Petit','Paris','France','2021-03-05',1,431.1),
 (7,'Gus O''Neil','Cork','Ireland','2022-02-28',1,NULL),(8,'Hal Berg','Bergen','Norway','2018-06-21',0,99.99);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL, stock INTEGER);
INSERT INTO products VALUES
 (1,'Lamp','home',39.9,12),(2,'Desk','home',249.0,3),(3,'Pen','office',1.25,1400),(4,'Chair','home',119.5,7),
 (5,'Stapler','office',8.75,60),(6,'Monitor','tech',329.0,5),(7,'Cable','tech',6.4,310),(8,'Keyboard','tech',89.0,0),(9,'Mug','home',8.75,45);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), product INTEGER REFERENCES products(id),
 quantity INTEGER, placed TEXT, status TEXT, note TEXT);
INSERT INTO orders VALUES
 (1,1,1,2,'2023-01-10','shipped',NULL),(2,1,6,1,'2023-02-11','shipped','gift'),(3,3,3,100,'2023-02-15','open',NULL),
 (4,4,2,1,'2023-03-01','shipped','fragile'),(5,4,4,4,'2023-03-01','shipped',NULL),(6,6,5,3,'2023-03-20','cancelled',NULL),
 (7,8,7,10,'2023-04-02','open','call first'),(8,1,3,50,'2023-04-18','shipped',NULL),(9,6,9,6,'2023-05-05','shipped','gift'),
 (10,7,8,1,'2023-05-06','open',NULL),(11,4,6,2,'2023-06-30','shipped',NULL),(12,3,1,1,'2023-07-01','cancelled',NULL);
